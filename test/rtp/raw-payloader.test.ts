import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type RawDepth,
  type RawFormat,
  RawPayloader,
  type RawSampling,
  type RtpPacket,
  rawDepths,
  rawLayout,
  rawSamplings,
} from '../../src/rtp/index.js';
import { bytesOf, faultsOf, packetize, plainUnit } from './packets.js';

/** A piece of a line as RFC 4175 section 4.2 describes it. */
interface Piece {
  readonly line: number;
  readonly offset: number;
  readonly bytes: number[];
}

/** Extended sequence number, and the pieces, of a packet. */
function read({ payload, sequence }: RtpPacket): { sequence: number; pieces: Piece[] } {
  const at = (byte: number): number => ((payload[byte] as number) << 8) | (payload[byte + 1] as number);
  const headers: { length: number; line: number; offset: number }[] = [];
  let byte = 2;
  for (let more = true; more; byte += 6) {
    more = (at(byte + 4) & 0x8000) !== 0;
    headers.push({ length: at(byte), line: at(byte + 2), offset: at(byte + 4) & 0x7fff });
  }
  const pieces = headers.map(({ length, line, offset }) => {
    byte += length;
    return { line, offset, bytes: [...payload.subarray(byte - length, byte)] };
  });
  if (byte !== payload.length) throw new Error(`pieces end at byte ${byte} of ${payload.length}`);
  return { sequence: at(0) * 65_536 + sequence, pieces };
}

/** The picture that a receiver puts together, and how often each byte was sent. */
function received(packets: readonly RtpPacket[], format: RawFormat): { picture: Uint8Array; times: Uint8Array } {
  const { groupBytes, groupWidth, groupHeight, rowBytes, bytes } = rawLayout(format);
  const picture = new Uint8Array(bytes);
  const times = new Uint8Array(bytes);
  for (const packet of packets) {
    for (const { line, offset, bytes: pixels } of read(packet).pieces) {
      if (line % groupHeight || offset % groupWidth || pixels.length % groupBytes) throw new Error('a group is cut');
      const to = (line / groupHeight) * rowBytes + (offset / groupWidth) * groupBytes;
      picture.set(pixels, to);
      for (let byte = to; byte < to + pixels.length; byte++) times[byte] = (times[byte] as number) + 1;
    }
  }
  return { picture, times };
}

test('pixel groups are those of RFC 4175 section 4.3: bytes and pixels', () => {
  const group = (sampling: RawSampling, depth: RawDepth): string => {
    const { groupBytes, groupWidth, groupHeight } = rawLayout({ sampling, depth, width: 16, height: 16 });
    return `${groupBytes}/${groupWidth * groupHeight}`;
  };
  const table = (sampling: RawSampling): string[] => rawDepths.map((depth) => group(sampling, depth));
  expect(table('RGB')).toEqual(['3/1', '15/4', '9/2', '6/1']);
  expect(table('BGR')).toEqual(['3/1', '15/4', '9/2', '6/1']);
  expect(table('RGBA')).toEqual(['4/1', '5/1', '6/1', '8/1']);
  expect(table('BGRA')).toEqual(['4/1', '5/1', '6/1', '8/1']);
  expect(table('YCbCr-4:4:4')).toEqual(['3/1', '15/4', '9/2', '6/1']);
  expect(table('YCbCr-4:2:2')).toEqual(['4/2', '5/2', '6/2', '8/2']);
  expect(table('YCbCr-4:2:0')).toEqual(['6/4', '15/8', '9/4', '12/4']);
  expect(table('YCbCr-4:1:1')).toEqual(['6/4', '15/8', '9/4', '12/4']);
  expect(table('KEY')).toEqual(['1/1', '5/4', '3/2', '2/1']);
});

test('a line goes over several packets and the next begins where it ends', () => {
  const format: RawFormat = { sampling: 'RGB', depth: 8, width: 640, height: 2 };
  const data = bytesOf(640 * 3 * 2);
  const packets = packetize(new RawPayloader(format), plainUnit(data), { sequence: 0x1_fffe });
  expect(
    packets.map((packet) => read(packet).pieces.map(({ line, offset, bytes }) => [line, offset, bytes.length])),
  ).toEqual([
    [[0, 0, 1380]],
    [
      [0, 460, 540],
      [1, 0, 834],
    ],
    [[1, 278, 1086]],
  ]);
  expect(packets.map((packet) => read(packet).sequence)).toEqual([0x1_fffe, 0x1_ffff, 0x2_0000]);
  expect([...(packets[0] as RtpPacket).payload.subarray(0, 8)]).toEqual([0, 1, 1380 >> 8, 1380 & 255, 0, 0, 0, 0]);
  expect([...(packets[1] as RtpPacket).payload.subarray(2, 14)]).toEqual([
    ...[540 >> 8, 540 & 255, 0, 0, 0x80 | (460 >> 8), 460 & 255],
    ...[834 >> 8, 834 & 255, 0, 1, 0, 0],
  ]);
});

test('packets that pixel groups do not fill are padded: all but the last have one size', () => {
  const format: RawFormat = { sampling: 'YCbCr-4:2:2', depth: 10, width: 1920, height: 20 };
  const unit = plainUnit(bytesOf(rawLayout(format).bytes));
  const packets = packetize(new RawPayloader(format), unit, { maxPacketBytes: 1399 });
  const sizes = packets.map(({ bytes }) => bytes.length);
  expect(new Set(sizes.slice(0, -1))).toEqual(new Set([1399]));
  expect(packets.some(({ paddingBytes }) => paddingBytes > 0)).toBe(true);
  expect(packets.at(-1)?.paddingBytes).toBe(0);
  const bare = packetize(new RawPayloader({ ...format, pad: false }), unit, { maxPacketBytes: 1399 });
  expect(bare.map(({ payload }) => [...payload])).toEqual(packets.map(({ payload }) => [...payload]));
  expect(bare.every(({ paddingBytes }) => paddingBytes === 0)).toBe(true);
});

test('line numbers of 4:2:0 count in twos', () => {
  const format: RawFormat = { sampling: 'YCbCr-4:2:0', depth: 8, width: 8, height: 6 };
  const [packet] = packetize(new RawPayloader(format), plainUnit(bytesOf(8 * 6 * 1.5)));
  const { pieces } = read(packet as RtpPacket);
  expect(pieces.map(({ line, offset, bytes }) => [line, offset, bytes.length])).toEqual([
    [0, 0, 24],
    [2, 0, 24],
    [4, 0, 24],
  ]);
});

test('a picture of another size than promised is refused', () => {
  const payloader = new RawPayloader({ sampling: 'RGB', depth: 8, width: 4, height: 4 });
  for (const size of [0, 47, 49]) {
    expect(() => packetize(payloader, plainUnit(new Uint8Array(size)))).toThrow(/promised has 48/);
  }
});

test('a format that RFC 4175 cannot send is refused with what to do', () => {
  const base: RawFormat = { sampling: 'RGB', depth: 8, width: 16, height: 16 };
  const wrong: Partial<Record<keyof RawFormat, unknown>>[] = [
    { width: 0 },
    { height: 32_768 },
    { width: 32_768 },
    { width: 1.5 },
    { sampling: 'YCbCr-4:2:2', width: 15 },
    { sampling: 'YCbCr-4:2:0', height: 15 },
    { sampling: 'YCbCr-4:1:1', width: 18 },
    { depth: 9 },
    { sampling: 'HSV' },
  ];
  for (const change of wrong) {
    expect(() => new RawPayloader({ ...base, ...change } as RawFormat), JSON.stringify(change)).toThrow(
      /known are|crop/,
    );
  }
});

test('any picture comes out whole, each byte sent once', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...rawSamplings),
      fc.constantFrom(...rawDepths),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 64, max: 1500 }),
      fc.integer({ min: 0, max: 0xffff_ffff }),
      (sampling, depth, columns, lines, maxPacketBytes, sequence) => {
        const format = { sampling, depth, width: 16 * columns, height: 2 * lines };
        const data = bytesOf(rawLayout(format).bytes);
        const packets = packetize(new RawPayloader(format), plainUnit(data), { maxPacketBytes, sequence });
        expect(faultsOf(packets, { maxPacketBytes, sequence })).toEqual([]);
        const { picture, times } = received(packets, format);
        expect(Buffer.compare(picture, data)).toBe(0);
        expect(times.every((count) => count === 1)).toBe(true);
        expect(new Set(packets.slice(0, -1).map(({ bytes }) => bytes.length)).size).toBeLessThan(2);
        expect(packets.map((packet) => read(packet).sequence)).toEqual(
          packets.map((_, index) => (sequence + index) % 2 ** 32),
        );
      },
    ),
    { numRuns: 150 },
  );
});
