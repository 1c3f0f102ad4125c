import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCaps, writeCaps } from '../../../src/rtp/index.js';
import { vector } from './descriptions.js';

const lines = vector('gstreamer-caps.txt').trim().split('\n');

test("GStreamer's caps say what an SDP says", () => {
  const formats = lines.map((line) => readCaps(line));
  expect(formats.map(({ payloadType, format }) => [payloadType, format.codec])).toEqual([
    [96, 'avc'],
    [96, 'hevc'],
    [26, 'jpeg'],
    [96, 'raw'],
    [96, 'raw'],
    [96, 'raw'],
    [96, 'raw'],
  ]);
  expect(formats[0]?.format).toMatchObject({ packetizationMode: 1, profileLevelId: 'f4000d' });
  const sets = formats.map(({ format }) =>
    'parameterSets' in format ? format.parameterSets.map(([byte]) => byte) : [],
  );
  expect(sets.slice(0, 2)).toEqual([
    [0x67, 0x68],
    [0x40, 0x42, 0x44],
  ]);
  expect(formats[6]?.format).toMatchObject({ sampling: 'YCbCr-4:2:2', depth: 10, width: 320, height: 240 });
});

test('caps come back as they were written', () => {
  for (const line of lines) {
    const payload = readCaps(line);
    expect(readCaps(writeCaps(payload))).toEqual(payload);
  }
});

test.each([
  '',
  'video/x-raw',
  'application/x-rtp, =3',
  'application/x-rtp, payload=(int)96 x',
  'application/x-rtp, a="b',
])('%j is no caps of RTP', (text) => {
  expect(() => readCaps(text)).toThrow(expect.objectContaining({ code: 'SDP_INVALID' }));
});

test('caps of a codec that we do not have name it', () => {
  expect(() => readCaps('application/x-rtp, encoding-name=(string)VP8')).toThrow('VP8');
});

test('damaged caps give a value or a typed error', () => {
  const damage = fc.record({
    text: fc.constantFrom(...lines),
    at: fc.nat(400),
    length: fc.nat(20),
    piece: fc.string({ maxLength: 10 }),
  });
  fc.assert(
    fc.property(damage, ({ text, at, length, piece }) => {
      const from = at % text.length;
      try {
        readCaps(text.slice(0, from) + piece + text.slice(from + length));
      } catch (error) {
        expect(error).toMatchObject({ name: 'FramelaneError', code: expect.stringMatching(/SDP_INVALID|UNSUPPORTED/) });
      }
    }),
    { numRuns: 2_000 },
  );
});
