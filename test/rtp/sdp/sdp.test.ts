import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FramelaneError } from '../../../src/error.js';
import {
  attributeOf,
  cryptosOf,
  describeStreams,
  extensionMapsOf,
  feedbackMapsOf,
  maxSdpLength,
  maxSdpLines,
  parameterSetsAnnexB,
  readSdp,
  type StreamDescription,
  type StreamPayload,
  sourceAttributesOf,
  streamsOf,
  writeSdp,
} from '../../../src/rtp/index.js';
import { browserOffer, ffmpegVectors, studioCamera, vector } from './descriptions.js';

const everyText = [...ffmpegVectors.map(vector), browserOffer, studioCamera];
const minimal = 'v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n';

/** The only stream of a description. */
function streamIn(text: string): StreamDescription {
  const streams = streamsOf(readSdp(text));
  expect(streams).toHaveLength(1);
  return streams[0] as StreamDescription;
}

const payloadIn = (text: string): StreamPayload => streamIn(text).payloads[0] as StreamPayload;
const nalTypes = (payload: StreamPayload): number[] =>
  'parameterSets' in payload.format ? payload.format.parameterSets.map((unit) => unit[0] as number) : [];

test('ffmpeg, H.264: where and what, parameter sets in the stream', () => {
  expect(streamIn(vector('ffmpeg-h264.sdp'))).toEqual({
    payloads: [
      { payloadType: 96, clockRate: 90_000, format: { codec: 'avc', packetizationMode: 1, parameterSets: [] } },
    ],
    family: 4,
    address: '127.0.0.1',
    port: 45_678,
    multicast: false,
    rtcp: { port: 45_679, mux: false, reducedSize: false },
    earlyFeedback: false,
    secure: false,
    feedback: { nack: false, pli: false, fir: false },
    extensions: [],
    crypto: [],
  });
});

test('ffmpeg, H.264 to a group with parameter sets in the description', () => {
  const stream = streamIn(vector('ffmpeg-h264-global.sdp'));
  expect(stream).toMatchObject({ address: '239.1.2.3', ttl: 5, multicast: true, port: 5_004 });
  expect(stream.payloads[0]?.format).toMatchObject({ codec: 'avc', profileLevelId: '64000D' });
  expect(nalTypes(stream.payloads[0] as StreamPayload)).toEqual([0x67, 0x68]);
});

test('ffmpeg, H.265: video, sequence, picture parameter sets in the order a decoder wants', () => {
  expect(payloadIn(vector('ffmpeg-hevc.sdp')).format).toEqual({ codec: 'hevc', donl: false, parameterSets: [] });
  expect(nalTypes(payloadIn(vector('ffmpeg-hevc-global.sdp')))).toEqual([0x40, 0x42, 0x44]);
});

test('ffmpeg, JPEG: payload type 26 needs no rtpmap', () => {
  expect(payloadIn(vector('ffmpeg-mjpeg.sdp'))).toEqual({
    payloadType: 26,
    clockRate: 90_000,
    format: { codec: 'jpeg' },
  });
});

test.each([
  ['ffmpeg-raw.sdp', 8],
  ['ffmpeg-bitpacked.sdp', 10],
] as const)('%s: raw video of %i bits', (name, depth) => {
  const wanted = { codec: 'raw', sampling: 'YCbCr-4:2:2', width: 320, height: 240, depth };
  expect(payloadIn(vector(name)).format).toEqual(wanted);
});

test('ffmpeg, SRTP over IPv6: the key is there', () => {
  const stream = streamIn(vector('ffmpeg-srtp.sdp'));
  expect(stream).toMatchObject({ family: 6, address: '::1', secure: false }); // ffmpeg writes RTP/AVP nevertheless
  expect(stream.crypto).toMatchObject([{ tag: 1, suite: 'AES_CM_128_HMAC_SHA1_80' }]);
  expect(stream.crypto[0]?.keys[0]?.keyAndSalt).toHaveLength(30);
});

test("a browser's offer: the codecs that we have, feedback, extensions, sources, keys", () => {
  const stream = streamIn(browserOffer);
  expect(stream.payloads.map(({ payloadType, format }) => [payloadType, format.codec])).toEqual([
    [98, 'avc'],
    [103, 'hevc'],
  ]);
  expect(stream.payloads[0]?.format).toMatchObject({ profileLevelId: '42e01f' });
  expect(stream).toMatchObject({
    address: '192.0.2.7',
    rtcp: { port: 50_000, mux: true, reducedSize: true },
    earlyFeedback: true,
    secure: true,
    feedback: { nack: true, pli: true, fir: true },
    ssrc: 2_231_627_014,
    cname: 'Kfbw8CM1x2pFIPPv',
  });
  expect(stream.extensions).toEqual([
    { id: 2, uri: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time' },
    { id: 13, uri: 'urn:3gpp:video-orientation' },
  ]);
});

test('SRTP keys in a description: lifetime, MKI, several keys, session parameters (RFC 4568)', () => {
  const [first, second] = readSdp(browserOffer).media.flatMap(cryptosOf);
  expect(first).toMatchObject({ tag: 0, parameters: ['KDR=1', 'UNENCRYPTED_SRTCP'] });
  expect(first?.keys).toEqual([
    { keyAndSalt: expect.objectContaining({ length: 30 }), lifetime: 1n << 20n, mki: { value: 1n, bytes: 4 } },
  ]);
  expect(second?.keys.map(({ keyAndSalt, lifetime }) => [keyAndSalt.length, lifetime])).toEqual([
    [44, undefined],
    [1, 1000n],
  ]);
});

test('a studio camera: multicast over IPv4 and IPv6, what ST 2110-20 adds', () => {
  const [first, second, ...more] = streamsOf(readSdp(studioCamera));
  expect(more).toEqual([]);
  expect(first).toMatchObject({ address: '239.100.9.10', ttl: 32, multicast: true, family: 4 });
  expect(first?.payloads[0]?.format).toEqual({
    codec: 'raw',
    sampling: 'YCbCr-4:2:2',
    depth: 10,
    width: 1_280,
    height: 720,
    colorimetry: 'BT709',
    exactFrameRate: '60000/1001',
    packingMode: '2110GPM',
    standard: 'ST2110-20:2017',
  });
  expect(second).toMatchObject({ address: 'FF15::101', multicast: true, family: 6 });
});

test('lines and attributes that we do not know are kept, and come out again', () => {
  const session = readSdp(studioCamera);
  expect(attributeOf(session, 'group')?.value).toBe('DUP primary secondary');
  expect(session.media.map((media) => attributeOf(media, 'mediaclk')?.value)).toEqual(['direct=0', undefined]);
  expect(writeSdp(session)).toBe(studioCamera.replaceAll(' \r\n', '\r\n'));
});

test('every description that was read is the same when written and read again', () => {
  for (const text of everyText) {
    const session = readSdp(text);
    const again = readSdp(writeSdp(session));
    const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, v) => (key === 'line' ? 0 : v)));
    expect({ ...(plain(again) as object), origin: 0 }).toEqual({ ...(plain(session) as object), origin: 0 });
  }
});

test('a few lines by hand are enough, with or without o=, s=, t=', () => {
  expect(streamIn(minimal)).toMatchObject({ address: '127.0.0.1', port: 5_004 });
  expect(readSdp(writeSdp(readSdp(minimal))).origin).toMatchObject({ user: '-', address: '0.0.0.0' });
});

test('RTCP on a port of its own (RFC 3605)', () => {
  expect(streamIn(`${minimal}a=rtcp:6000 IN IP4 192.0.2.1\n`).rtcp).toEqual({
    port: 6_000,
    mux: false,
    reducedSize: false,
  });
});

test('H.266 with decoding order numbers', () => {
  const sets = 'sprop-vps=AHEA; sprop-sps=AHkB,AHkC; sprop-pps=AIEA; sprop-dci=AGkA';
  const text = minimal.replace('H264', 'H266').concat(`a=fmtp:96 sprop-max-don-diff=2; ${sets}\n`);
  const { format } = payloadIn(text);
  expect(format).toMatchObject({ codec: 'vvc', donl: true, maxDonDiff: 2 });
  expect('parameterSets' in format && format.parameterSets.map((unit) => (unit[1] as number) >> 3)).toEqual([
    13, 14, 15, 15, 16,
  ]);
  const again = streamsOf(readSdp(writeSdp(describeStreams([streamIn(text)]))));
  expect(again[0]?.payloads[0]?.format).toEqual(format);
});

test('the size of JPEG pictures that their packets cannot say, and nonsense for one', () => {
  const text = minimal.replace('H264', 'JPEG');
  const formatOf = (line: string): unknown => payloadIn(`${text}${line}\n`).format;
  expect(formatOf('a=framesize:96 2560-1440')).toEqual({ codec: 'jpeg', width: 2_560, height: 1_440 });
  expect(formatOf('a=x-dimensions:2560,1440')).toEqual({ codec: 'jpeg', width: 2_560, height: 1_440 });
  const wrong = ['a=framesize:97 2560-1440', 'a=framesize:96 0-1', 'a=framesize:96', 'a=framesize:96 1x1'];
  for (const line of [...wrong, 'a=x-dimensions:', 'a=x-dimensions:1']) {
    expect(formatOf(line)).toEqual({ codec: 'jpeg' });
  }
});

test('parameter sets of a description become Annex B', () => {
  const { format } = payloadIn(vector('ffmpeg-h264-global.sdp'));
  const sets = 'parameterSets' in format ? format.parameterSets : [];
  const bytes = Buffer.from(parameterSetsAnnexB(sets));
  expect(bytes.toString('hex')).toMatch(/^0000000167.*0000000168/);
  expect(bytes.length).toBe(8 + sets.reduce((sum, { length }) => sum + length, 0));
});

const anyPayload: fc.Arbitrary<StreamPayload> = fc.record({
  payloadType: fc.integer({ min: 96, max: 127 }),
  clockRate: fc.constantFrom(90_000, 48_000),
  format: fc.oneof(
    fc.record({
      codec: fc.constant('avc' as const),
      packetizationMode: fc.constantFrom(0 as const, 1 as const),
      profileLevelId: fc.constant('42C01E'),
      parameterSets: fc.array(
        fc.uint8Array({ minLength: 1, maxLength: 20 }).map((rest) => Uint8Array.of(0x67, ...rest)),
        {
          maxLength: 4,
        },
      ),
    }),
    fc
      .record({
        codec: fc.constant('hevc' as const),
        order: fc.oneof(
          fc.constant({ donl: false }),
          fc.integer({ min: 1, max: 32_767 }).map((maxDonDiff) => ({ donl: true, maxDonDiff })),
        ),
        parameterSets: fc
          .array(fc.tuple(fc.constantFrom(32, 33, 34), fc.uint8Array({ maxLength: 20 })), { maxLength: 4 })
          .map((units) =>
            units.sort(([one], [other]) => one - other).map(([type, rest]) => Uint8Array.of(type << 1, ...rest)),
          ),
      })
      .map(({ order, ...rest }) => ({ ...rest, ...order })),
    fc.constantFrom({ codec: 'jpeg' as const }, { codec: 'jpeg' as const, width: 2_560, height: 1_440 }),
    fc.record({ codec: fc.constant('generic' as const), bare: fc.boolean() }),
    fc.record({
      codec: fc.constant('raw' as const),
      sampling: fc.constantFrom('RGB' as const, 'YCbCr-4:2:2' as const, 'KEY' as const),
      depth: fc.constantFrom(8 as const, 16 as const),
      width: fc.integer({ min: 1, max: 2_000 }).map((half) => 2 * half),
      height: fc.integer({ min: 1, max: 4_000 }),
      colorimetry: fc.constant('BT709-2'),
    }),
  ),
});

test('whatever a sender describes, a receiver finds in the description', () => {
  const anyStream = fc.record(
    {
      payloads: fc.uniqueArray(anyPayload, { minLength: 1, maxLength: 3, selector: ({ payloadType }) => payloadType }),
      address: fc.constantFrom('127.0.0.1', '239.1.2.3', '::1', 'ff15::101', 'camera.example'),
      port: fc.integer({ min: 1, max: 65_000 }),
      rtcp: fc.constantFrom({ mux: true }, { port: 1_234, reducedSize: true }),
      earlyFeedback: fc.boolean(),
      secure: fc.boolean(),
      feedback: fc.record({ nack: fc.boolean(), pli: fc.boolean(), fir: fc.boolean() }),
      ssrc: fc.nat(0xffff_ffff),
      cname: fc.constant('name@host'),
      extensions: fc.constant([{ id: 3, uri: 'urn:example:extension' }]),
      crypto: fc.constant([
        {
          tag: 1,
          suite: 'AEAD_AES_128_GCM',
          keys: [{ keyAndSalt: new Uint8Array(28).fill(7), lifetime: 1_000n, mki: { value: 1n, bytes: 1 } }],
          parameters: [],
        },
      ]),
      frameRate: fc.constantFrom(25, 29.97),
    },
    { requiredKeys: ['payloads', 'address', 'port'] },
  );
  fc.assert(
    fc.property(fc.array(anyStream, { minLength: 1, maxLength: 3 }), (streams) => {
      const found = streamsOf(readSdp(writeSdp(describeStreams(streams, { name: 'test', sessionId: 2n ** 60n }))));
      for (const [index, stream] of streams.entries()) {
        const { rtcp, cname, ...rest } = stream;
        const named = rest.ssrc === undefined ? {} : { cname: cname ?? `${rest.ssrc}` };
        const expected = rtcp?.mux === true ? { mux: true, port: stream.port } : (rtcp ?? { port: stream.port + 1 });
        expect(found[index]).toMatchObject({ ...rest, ...named, rtcp: expected });
      }
    }),
  );
});

test.each([
  ['', 1, 'begins with the line v=0'],
  ['v=1\n', 1, 'begins with the line v=0'],
  ['SDP:\nv=0\n', 1, 'a small letter, "="'],
  ['v=0\n  m=video 1 RTP/AVP 96\n', 2, 'without a space'],
  ['v=0\nnonsense\n', 2, 'a small letter, "="'],
  ['v=0\nx=1\n', 2, 'x= has no place here'],
  ['v=0\ns=a\0b\n', 2, 'NUL'],
  ['v=0\no=- 1 1 IN IP4\n', 2, 'o= is'],
  ['v=0\nc=IN IP5 1.2.3.4\n', 2, 'c= is'],
  ['v=0\nc=IN IP4 224.1.1.1/256\n', 2, 'ttl'],
  ['v=0\nc=IN IP4 224.1.1.1/1/2/3\n', 2, 'too many slashes'],
  ['v=0\nc=IN IP4 /1\n', 2, 'no address'],
  ['v=0\nm=video 65536 RTP/AVP 96\n', 2, 'm= is'],
  ['v=0\nm=video -1 RTP/AVP 96\n', 2, 'm= is'],
  ['v=0\nm=video 5004 RTP/AVP\n', 2, 'no protocol or no format'],
  ['v=0\nm=video 5004 RTP/AVP 96\nt=0 0\n', 3, 't= has no place here'],
  ['v=0\nm=video 5004 RTP/AVP 26\n', 2, 'no address: add a line'],
  [minimal.replace('90000', '0'), 4, 'a=rtpmap is'],
  [minimal.replace(':96', ':196'), 4, 'payload type'],
  [`${minimal}a=fmtp:x y=z\n`, 5, 'payload type'],
  [`${minimal}a=fmtp:96 packetization-mode=7\n`, 5, 'packetization-mode'],
  [`${minimal}a=fmtp:96 profile-level-id=xyz\n`, 5, 'hexadecimal'],
  [`${minimal}a=fmtp:96 sprop-parameter-sets=!!!!\n`, 5, 'not base64'],
  [`${minimal}a=fmtp:96 sprop-parameter-sets=${'AA==,'.repeat(65)}\n`, 5, 'more than 64 parameter sets'],
  [`${minimal}a=rtcp:0\n`, 5, 'a=rtcp is'],
  [`${minimal}a=rtcp-fb:128 nack\n`, 5, 'a=rtcp-fb is'],
  [`${minimal}a=extmap:x urn:y\n`, 5, 'a=extmap is'],
  [`${minimal}a=ssrc:4294967296 cname:x\n`, 5, 'a=ssrc begins'],
  [minimal.replace('H264', 'raw').concat('a=fmtp:96 sampling=RGB; depth=8; width=0\n'), 5, 'width and height'],
  [
    minimal.replace('H264', 'raw').concat('a=fmtp:96 sampling=YCbCr-4:2:0; depth=8; width=7; height=7\n'),
    5,
    'multiple',
  ],
  [minimal.replace('H264', 'H265').concat('a=fmtp:96 sprop-max-don-diff=-1\n'), 5, 'sprop-max-don-diff'],
])('nonsense %j is refused in line %i', (text, line, reason) => {
  const read = (): unknown => streamsOf(readSdp(text));
  expect(read).toThrow(expect.objectContaining({ code: 'SDP_INVALID', details: expect.objectContaining({ line }) }));
  expect(read).toThrow(reason);
});

test.each([
  ['v=0\n', 'no m= line at all'],
  ['v=0\nm=audio 5004 RTP/AVP 0\n', 'audio RTP/AVP 0'],
  [minimal.replace('H264', 'VP8'), 'video RTP/AVP VP8'],
  [minimal.replace('5004', '0'), 'video RTP/AVP H264'],
  [minimal.replace('RTP/AVP', 'TCP'), 'video TCP H264'],
  [`${minimal}a=fmtp:96 packetization-mode=2\n`, 'interleaved'],
  [minimal.replace('H264', 'H265').concat('a=fmtp:96 tx-mode=MRST\n'), 'several streams'],
  [minimal.replace('H264', 'raw').concat('a=fmtp:96 sampling=RGB; depth=16f; width=2; height=2\n'), 'depth "16f"'],
  [
    minimal.replace('H264', 'raw').concat('a=fmtp:96 sampling=RGB; depth=8; width=2; height=2; interlace\n'),
    'interlaced',
  ],
])('%j is understood, but nothing that can be received: %s', (text, what) => {
  const read = (): unknown => streamsOf(readSdp(text));
  expect(read).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  expect(read).toThrow(what);
});

test.each([
  '1',
  '1 SUITE',
  'x SUITE inline:AAAA',
  '1 SUITE outline:AAAA',
  '1 SUITE inline:',
  '1 SUITE inline:A!SECRETSECRET',
  '1 SUITE inline:SECRETSECRET|2^49',
  '1 SUITE inline:SECRETSECRET|1:129',
  '1 SUITE inline:SECRETSECRET|1|2',
  '1 SUITE inline:SECRETSECRET|1|1:1|1',
])('bad keys in a=crypto:%s are refused without quoting them', (crypto) => {
  const read = (): unknown => streamsOf(readSdp(`${minimal}a=crypto:${crypto}\n`));
  expect(read).toThrow(
    expect.objectContaining({ code: 'SDP_INVALID', message: expect.not.stringContaining('SECRET') }),
  );
});

test('an SDP may have 65536 bytes, 2000 lines and 64 media, not more', () => {
  const full = `v=0\n${'a=x\n'.repeat(maxSdpLines - 1)}`;
  expect(readSdp(full).attributes).toHaveLength(maxSdpLines - 1);
  expect(() => readSdp(`${full}a=x\n`)).toThrow('2000');
  const long = (length: number): string => `v=0\ns=${'x'.repeat(length - 6)}`;
  expect(readSdp(long(maxSdpLength)).name).toHaveLength(maxSdpLength - 6);
  expect(() => readSdp(long(maxSdpLength + 1))).toThrow(expect.objectContaining({ code: 'SDP_INVALID' }));
  const media = (count: number): string => `v=0\n${'m=video 1 RTP/AVP 26\n'.repeat(count)}`;
  expect(readSdp(media(64)).media).toHaveLength(64);
  expect(() => readSdp(media(65))).toThrow('64');
});

test('payload types named thousands of times over cost nothing', () => {
  const text = `v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP ${'96 '.repeat(10_000)}\n${'a=rtpmap:96 H264/90000\n'.repeat(1_000)}`;
  expect(streamIn(text).payloads).toHaveLength(1);
});

test('text with a line break cannot be smuggled into a description', () => {
  const session = describeStreams([
    {
      payloads: [{ payloadType: 26, clockRate: 90_000, format: { codec: 'jpeg' } }],
      address: '127.0.0.1',
      port: 5_004,
    },
  ]);
  for (const name of ['a\nm=audio 1 RTP/AVP 0', 'a\rb', 'a\0']) {
    expect(() => writeSdp({ ...session, name })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
  }
  expect(() => describeStreams([])).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

/** Reads and asks for everything; anything but a FramelaneError fails. */
function readAll(text: string | Uint8Array): void {
  try {
    const session = readSdp(text);
    readSdp(writeSdp(session));
    for (const holder of [session, ...session.media]) {
      for (const read of [cryptosOf, extensionMapsOf, feedbackMapsOf, sourceAttributesOf]) attempt(() => read(holder));
    }
    for (const stream of streamsOf(session)) readSdp(writeSdp(describeStreams([stream])));
  } catch (error) {
    expect(error).toBeInstanceOf(FramelaneError);
    expect(['SDP_INVALID', 'UNSUPPORTED']).toContain((error as FramelaneError).code);
  }
}

function attempt(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ code: 'SDP_INVALID' });
  }
}

test('damaged descriptions give a value or a typed error, never anything else', () => {
  const damage = fc.record({
    text: fc.constantFrom(...everyText),
    at: fc.nat(3_000),
    length: fc.nat(40),
    piece: fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom('/', ':', ' ', ';', '=', '\n', '\0', '99999999999999999999', '-1', '|', '%', '\u2028'),
    ),
  });
  fc.assert(
    fc.property(damage, ({ text, at, length, piece }) => {
      const from = at % text.length;
      readAll(text.slice(0, from) + piece + text.slice(from + length));
    }),
    { numRuns: 3_000 },
  );
});

test('lines in any order and number, and random bytes, give a value or a typed error', () => {
  const lines = everyText.flatMap((text) => text.split(/\r?\n/));
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...lines, 'v=0'), { maxLength: 30 }), (chosen) => {
      readAll(['v=0', ...chosen].join('\n'));
    }),
    { numRuns: 2_000 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readAll(bytes)),
    { numRuns: 500 },
  );
});
