import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FramelaneError } from '../../../src/error.js';
import {
  cnameOf,
  findRtcpFault,
  isRtcp,
  type ReadRtcpOptions,
  type RtcpPacket,
  readRtcp,
  sdesItem,
  writeRtcp,
} from '../../../src/rtp/index.js';
import { anyPacket } from './arbitrary.js';

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
const invalid = expect.objectContaining({ code: 'RTCP_INVALID', details: expect.objectContaining({}) });

/** The packets, or the error that says why not; anything else fails the test. */
function readOrRefuse(bytes: Uint8Array, options?: ReadRtcpOptions): RtcpPacket[] | FramelaneError {
  try {
    return readRtcp(bytes, options);
  } catch (error) {
    if (!(error instanceof FramelaneError)) throw error;
    expect(error.code).toBe('RTCP_INVALID');
    expect(error.details.offset).toBeGreaterThanOrEqual(0);
    expect(error.details.offset).toBeLessThanOrEqual(bytes.length);
    return error;
  }
}

/** One packet of each kind, byte by byte as the RFCs draw them. */
const drawn: readonly (readonly [string, string, RtcpPacket])[] = [
  [
    'sender report',
    `81c8000c 00000001 b44db705 20000000 00000002 00000003 00000004
     0000000a 40fffffe 00010002 00000005 b7052000 00054000`,
    {
      kind: 'senderReport',
      ssrc: 1,
      ntpTime: 0xb44d_b705_2000_0000n,
      timestamp: 2,
      packets: 3,
      octets: 4,
      blocks: [
        {
          ssrc: 10,
          fractionLost: 64,
          cumulativeLost: -2,
          highestSequence: 0x1_0002,
          jitter: 5,
          lastReport: 0xb705_2000,
          delaySinceLastReport: 0x5_4000,
        },
      ],
    },
  ],
  ['receiver report', '80c90001 00000007', { kind: 'receiverReport', ssrc: 7, blocks: [] }],
  [
    'source description',
    '82ca0005 00000007 01026162 00000000 00000008 00000000',
    {
      kind: 'sourceDescription',
      chunks: [
        { ssrc: 7, items: [{ item: 1, text: 'ab' }] },
        { ssrc: 8, items: [] },
      ],
    },
  ],
  ['goodbye', '81cb0002 00000007 03656e64', { kind: 'goodbye', sources: [7], reason: 'end' }],
  [
    'application',
    '85cc0003 00000007 41424344 01020304',
    { kind: 'application', subtype: 5, ssrc: 7, name: 'ABCD', data: Uint8Array.of(1, 2, 3, 4) },
  ],
  [
    'generic NACK',
    '81cd0003 00000007 00000009 fffe8005',
    { kind: 'genericNack', ssrc: 7, mediaSsrc: 9, sequences: [0xfffe, 0xffff, 1, 14] },
  ],
  ['picture loss', '81ce0002 00000007 00000009', { kind: 'pictureLoss', ssrc: 7, mediaSsrc: 9 }],
  [
    'full intra request',
    '84ce0004 00000007 00000000 00000009 80000000',
    { kind: 'fullIntra', ssrc: 7, mediaSsrc: 0, entries: [{ ssrc: 9, request: 128 }] },
  ],
  [
    'other feedback',
    '8fce0003 00000007 00000000 52454d42',
    { kind: 'feedback', packetType: 206, format: 15, ssrc: 7, mediaSsrc: 0, information: bytesOf('52454d42') },
  ],
  ['extended report', '80cf0001 00000007', { kind: 'unknown', packetType: 207, count: 0, body: bytesOf('00000007') }],
];

test.each(drawn)('a %s is what the RFC draws, read and written', (_, hex, packet) => {
  const bytes = writeRtcp([packet]);
  expect(readRtcp(bytes)).toEqual([packet]);
  expect(Buffer.from(bytes).toString('hex')).toBe(hex.replaceAll(/\s/g, ''));
});

test('compound packets come back as they were written', () => {
  fc.assert(
    fc.property(fc.array(anyPacket, { minLength: 1, maxLength: 6 }), (packets) => {
      const bytes = writeRtcp(packets, 65_507);
      expect(bytes.length % 4).toBe(0);
      const wanted = packets.map((packet) => JSON.parse(JSON.stringify(packet, bigAsText)));
      expect(readRtcp(bytes).map((packet) => JSON.parse(JSON.stringify(packet, bigAsText)))).toEqual(wanted);
    }),
  );
});

const bigAsText = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value);

test('every length 0 to 64 with every first byte gives packets or a typed error', () => {
  for (let length = 0; length <= 64; length++) {
    for (let first = 0; first < 256; first++) {
      for (const [type, words] of [
        [200, length / 4 - 1],
        [202, 2],
        [first, first],
      ] as const) {
        const bytes = new Uint8Array(length).fill(first ^ 0x55);
        bytes.set([first, type, 0, words & 255].slice(0, length));
        readOrRefuse(bytes);
      }
    }
  }
});

test('every truncation of every kind of packet is refused, as is every byte too many', () => {
  for (const [name, hex] of drawn) {
    const whole = bytesOf(hex);
    for (let length = 0; length < whole.length; length++) {
      expect(readOrRefuse(whole.subarray(0, length)), `${name} cut to ${length}`).toBeInstanceOf(FramelaneError);
    }
    for (const extra of [1, 2, 3]) {
      const longer = Uint8Array.of(...whole, ...new Uint8Array(extra));
      expect(readOrRefuse(longer), `${name} and ${extra} bytes`).toBeInstanceOf(FramelaneError);
    }
  }
});

test('a body cut short behind a header that says so is refused, or read as less', () => {
  for (const [name, hex] of drawn) {
    const whole = bytesOf(hex);
    for (let words = 0; words < whole.length / 4 - 1; words++) {
      const cut = whole.slice(0, 4 * words + 4);
      cut[3] = words;
      const found = readOrRefuse(cut);
      if (!(found instanceof FramelaneError)) expect(JSON.stringify(found, bigAsText).length, name).toBeGreaterThan(0);
    }
  }
});

test('bits flipped anywhere never do worse than a typed error', () => {
  for (const [, hex] of drawn) {
    const whole = bytesOf(hex);
    for (let bit = 0; bit < 8 * whole.length; bit++) {
      const flipped = whole.slice();
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
      readOrRefuse(flipped);
      readOrRefuse(flipped, { compound: true });
    }
  }
});

test('random bytes never do worse than a typed error', () => {
  const plausible = fc
    .tuple(fc.integer({ min: 0x80, max: 0xbf }), fc.integer({ min: 200, max: 207 }), fc.uint8Array({ maxLength: 200 }))
    .map(([first, type, rest]) => {
      const body = rest.subarray(0, rest.length & ~3);
      return Uint8Array.of(first, type, 0, body.length / 4, ...body);
    });
  fc.assert(
    fc.property(fc.oneof(plausible, fc.uint8Array({ maxLength: 100 })), (bytes) => {
      readOrRefuse(bytes);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['', 0, 'an empty datagram'],
  ['40c90001 00000001', 0, 'version 1, not 2'],
  ['80400001 00000001', 0, 'packet type 64 is not RTCP'],
  ['80c90002 00000001', 0, '12 bytes announced, 8 are left'],
  ['80c90001 00000001 80c9', 8, '2 bytes left over'],
  ['a0c90002 00000001 00000004 80c90001 00000001', 0, 'padding on a packet that is not the last'],
  ['80c90001 00000001 a0c90002 00000001 00000000', 8, 'padding of 0 bytes'],
  ['80c90001 00000001 a0c90002 00000001 00000003', 8, 'padding of 3 bytes'],
  ['80c90001 00000001 a0c90002 00000001 0000000c', 8, 'padding of 12 bytes'],
  ['81c90001 00000001', 0, 'type 201, count 1 has 4 bytes and needs 28'],
  ['a0c90002 00000001 00000008', 0, 'type 201, count 0 has 0 bytes and needs 4'],
  ['82ca0002 00000007 00000000', 0, 'type 202'],
  ['82ca0004 00000007 01046162 63640000 00000000', 20, 'type 202'],
  ['81ca0002 00000007 01ff6162', 10, 'type 202'],
  ['81cb0002 00000007 04656e64', 9, 'type 203'],
  ['81cc0001 00000007', 0, 'type 204'],
  ['81cd0002 00000007 00000009', 0, 'type 205'],
  ['80c90001 00000001 81c8000b 00000007', 8, 'announced'],
  ['84ce0003 00000007 00000000 00000009', 0, 'type 206'],
  ['84ce0005 00000007 00000000 00000009 00000000 00000009', 24, 'type 206'],
])('"%s" is refused at byte %i: %s', (hex, offset, reason) => {
  expect(() => readRtcp(bytesOf(hex))).toThrow(reason);
  expect(() => readRtcp(bytesOf(hex))).toThrow(expect.objectContaining({ details: { offset } }));
});

test('padding behind the last packet is left out', () => {
  const [report] = readRtcp(bytesOf('a0c90003 00000001 00000000 00000008'));
  expect(report).toEqual({ kind: 'receiverReport', ssrc: 1, blocks: [] });
});

test('reduced-size RTCP is read, unless a compound packet is asked for', () => {
  const nack = bytesOf('81cd0003 00000007 00000009 00010000');
  expect(readRtcp(nack)).toHaveLength(1);
  expect(() => readRtcp(nack, { compound: true })).toThrow(invalid);
  expect(readRtcp(Uint8Array.of(...bytesOf('80c90001 00000007'), ...nack), { compound: true })).toHaveLength(2);
});

test('a datagram of more than 256 packets is refused', () => {
  const empty = bytesOf('80ca0000');
  const packets = (count: number): Uint8Array => Uint8Array.from({ length: 4 * count }, (_, at) => empty[at % 4] ?? 0);
  expect(readRtcp(packets(256))).toHaveLength(256);
  expect(findRtcpFault(packets(257))).toEqual({ offset: 1024, reason: 'more than 256 packets' });
  expect(() => readRtcp(packets(257))).toThrow(invalid);
});

test('on a shared port RTCP is told from RTP by the second byte', () => {
  const told = Array.from({ length: 256 }, (_, second) => second).filter(isRtcp);
  expect([told[0], told.at(-1), told.length]).toEqual([192, 223, 32]);
});

test('a NACK needs one word for 17 packets in a row', () => {
  const sequences = Array.from({ length: 34 }, (_, index) => (65_520 + index) & 0xffff);
  const bytes = writeRtcp([{ kind: 'genericNack', ssrc: 1, mediaSsrc: 2, sequences }]);
  expect(bytes.length).toBe(4 + 8 + 2 * 4);
});

test('the canonical name of a source is found among the chunks', () => {
  const items = [
    { item: sdesItem.tool, text: 'tool' },
    { item: sdesItem.cname, text: 'camera@host' },
  ];
  const description = { kind: 'sourceDescription', chunks: [{ ssrc: 7, items }] } as const;
  expect([cnameOf(description, 7), cnameOf(description, 8)]).toEqual(['camera@host', undefined]);
});

const block = { ssrc: 1, fractionLost: 0, highestSequence: 0, jitter: 0, lastReport: 0, delaySinceLastReport: 0 };
test.each<[string, RtcpPacket]>([
  ['text of 256 bytes', { kind: 'goodbye', sources: [1], reason: 'x'.repeat(256) }],
  ['32 sources', { kind: 'goodbye', sources: new Array(32).fill(1), reason: '' }],
  ['32 blocks', { kind: 'receiverReport', ssrc: 1, blocks: new Array(32).fill({ ...block, cumulativeLost: 0 }) }],
  ['a loss of 24 bits', { kind: 'receiverReport', ssrc: 1, blocks: [{ ...block, cumulativeLost: 0x80_0000 }] }],
  ['32 chunks', { kind: 'sourceDescription', chunks: new Array(32).fill({ ssrc: 1, items: [] }) }],
  ['item 0', { kind: 'sourceDescription', chunks: [{ ssrc: 1, items: [{ item: 0, text: '' }] }] }],
  ['a name of 3', { kind: 'application', subtype: 0, ssrc: 1, name: 'abc', data: new Uint8Array(0) }],
  ['half a word', { kind: 'application', subtype: 0, ssrc: 1, name: 'abcd', data: new Uint8Array(3) }],
  ['subtype 32', { kind: 'application', subtype: 32, ssrc: 1, name: 'abcd', data: new Uint8Array(0) }],
  ['an SSRC of 33 bits', { kind: 'pictureLoss', ssrc: 2 ** 32, mediaSsrc: 0 }],
])('%s has no room in RTCP and is refused when writing', (_, packet) => {
  expect(() => writeRtcp([packet])).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});

test('packets that outgrow the datagram are refused', () => {
  const report = { kind: 'receiverReport', ssrc: 1, blocks: [] } as const;
  expect(writeRtcp([report, report], 16)).toHaveLength(16);
  expect(() => writeRtcp([report, report, report], 16)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
});
