import { expect, test } from 'vitest';
import { type Frame, frameBytes, frameOver } from '../../src/frame/index.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import { JpegPayloader, readJpegPicture, type StreamFormat } from '../../src/rtp/index.js';
import { quantizationTables } from '../../src/rtp/payload/jpeg-quantization.js';
import { plainUnit } from './packets.js';
import { Receiving, unitPackets } from './receiving.js';
import { sentUnits } from './streams.js';

const turbo = new TurboJpeg();
const format: StreamFormat & { codec: 'jpeg' } = { codec: 'jpeg' };

function picture(width: number, height: number): Frame {
  const spec = { format: 'rgb24', width, height } as const;
  return frameOver(
    spec,
    Uint8Array.from({ length: frameBytes(spec) }, (_, index) => (index * 7 + ((index * index) >> 9)) & 255),
  );
}

function throughRtp(file: Uint8Array, streamFormat: typeof format = format): Uint8Array {
  const receiving = new Receiving(streamFormat);
  for (const { packets } of sentUnits([plainUnit(file)], new JpegPayloader(streamFormat))) receiving.take(packets);
  expect(receiving.lost).toEqual([]);
  return receiving.units[0]?.data as Uint8Array;
}

test.each([
  ['420', 85, 160, 96],
  ['422', 85, 160, 96],
  ['420', 20, 640, 480],
  ['420', 100, 48, 16],
] as const)(
  'a JPEG file of %s, quality %i, %ix%i, decodes to the same pixels',
  (subsampling, quality, width, height) => {
    const file = turbo.encode(picture(width, height), { subsampling, quality });
    const received = throughRtp(file);
    expect(Buffer.compare(turbo.decode(received).data, turbo.decode(file).data)).toBe(0);
    const sent = readJpegPicture(file);
    const got = readJpegPicture(received);
    expect(received.subarray(got.scanOffset)).toEqual(file.subarray(sent.scanOffset));
  },
);

test('sides that are no multiple of 8 are exact when the stream is told them', () => {
  const file = turbo.encode(picture(101, 51), { subsampling: '420' });
  expect(readJpegPicture(throughRtp(file))).toMatchObject({ width: 104, height: 56 });
  const exact = throughRtp(file, { codec: 'jpeg', width: 101, height: 51 });
  expect(Buffer.compare(turbo.decode(exact).data, turbo.decode(file).data)).toBe(0);
});

test('a picture larger than packets can say has the size that the stream is told, and without is unsupported', () => {
  const file = turbo.encode(picture(2048, 16), { subsampling: '420' });
  const received = throughRtp(file, { codec: 'jpeg', width: 2048, height: 16 });
  expect(Buffer.compare(turbo.decode(received).data, turbo.decode(file).data)).toBe(0);
  const [sent] = sentUnits([plainUnit(file)], new JpegPayloader({ width: 2048, height: 16 }));
  expect(new Receiving(format).take(sent?.packets ?? []).reasons).toEqual(['unsupported']);
});

test('tables of Q 1 to 99 are those that libjpeg makes of a quality', () => {
  for (let quality = 1; quality < 100; quality++) {
    const file = turbo.encode(picture(16, 16), { subsampling: '420', quality });
    const { luminanceTable: first, chrominanceTable: second } = readJpegPicture(file);
    const tables = [...file.subarray(first, first + 64), ...file.subarray(second, second + 64)];
    expect([...quantizationTables(quality)]).toEqual(tables);
  }
});

/** A packet's payload: main header (4:2:0, 16x16), and what follows. */
const fragment = (offset: number, quality: number, ...rest: number[]): number[] => [
  ...[0, offset >> 16, (offset >> 8) & 255, offset & 255],
  ...[1, quality, 2, 2],
  ...rest,
];
const tables = (length: number, first = 1): number[] => [
  0,
  0,
  length >> 8,
  length & 255,
  ...Array<number>(length).fill(first),
];

test('a picture of Q 1 to 99 needs no tables, and gets an end when it has none', () => {
  const file = turbo.encode(picture(16, 16), { subsampling: '420', quality: 50 });
  const { scanOffset, scanBytes } = readJpegPicture(file);
  const scan = [...file.subarray(scanOffset, scanOffset + scanBytes)];
  const half = scan.length >> 1;
  const receiving = new Receiving(format);
  receiving.take(unitPackets([fragment(0, 50, ...scan.slice(0, half)), fragment(half, 50, ...scan.slice(half))]));
  const withEnd = [fragment(0, 50, ...scan, 0xff), fragment(scan.length + 1, 50, 0xd9)];
  receiving.take(unitPackets(withEnd, { sequence: 2, timestamp: 9 }));
  const decoded = receiving.units.map(({ data }) => Buffer.from(turbo.decode(data).data).toString('hex'));
  const expected = Buffer.from(turbo.decode(file).data).toString('hex');
  expect(decoded).toEqual([expected, expected]);
  expect(receiving.units.map(({ data }) => [...data.slice(-4)])).toEqual(
    Array(2).fill([...scan.slice(-2), 0xff, 0xd9]),
  );
});

test('restart markers: the interval is in the file', () => {
  const payload = [0, 0, 0, 0, 65, 50, 2, 2, 0, 7, 0xff, 0xff, 1, 2, 3];
  const [unit] = new Receiving(format).take(unitPackets([payload])).units;
  expect(readJpegPicture(unit?.data as Uint8Array)).toMatchObject({ restartInterval: 7, scanBytes: 3, type: 1 });
});

test('tables of a Q of 128 to 254 are kept for pictures that bring none; those of 255 are not', () => {
  const receiving = new Receiving(format);
  const pictures = [
    fragment(0, 128, ...tables(128, 3), 1),
    fragment(0, 128, ...tables(0), 1),
    fragment(0, 129, ...tables(0), 1),
    fragment(0, 255, ...tables(64, 9), 1),
    fragment(0, 255, ...tables(0), 1),
  ];
  pictures.forEach((payload, index) => {
    receiving.take(unitPackets([payload], { sequence: index, timestamp: index }));
  });
  expect(receiving.lost.map(({ timestamp, reason }) => `${timestamp} ${reason}`)).toEqual([
    '2 malformed',
    '4 malformed',
  ]);
  const [, cached, , single] = [...receiving.units.keys()].map((index) => receiving.units[index]?.data as Uint8Array);
  expect(cached).toEqual(receiving.units[0]?.data);
  expect(single).toBe(undefined);
  const { chrominanceTable } = readJpegPicture(receiving.units[2]?.data as Uint8Array);
  expect(receiving.units[2]?.data.subarray(chrominanceTable, chrominanceTable + 64)).toEqual(
    new Uint8Array(64).fill(9),
  );
});

test.each([
  [
    'its table is shorter than it says',
    [[...fragment(0, 255, 0, 0, 0, 128), ...Array<number>(100).fill(1)]],
    'malformed',
  ],
  ['its table header is cut off', [fragment(0, 255, 0, 0, 0)], 'malformed'],
  ['its table has 63 bytes', [fragment(0, 255, ...tables(63), 1)], 'malformed'],
  ['its table has 16 bits', [[...fragment(0, 255, 0, 3, 0, 128), ...Array<number>(129).fill(1)]], 'unsupported'],
  ['Q is 0', [fragment(0, 0, 1)], 'unsupported'],
  ['Q is 100', [fragment(0, 100, 1)], 'unsupported'],
  ['its type is 2', [[0, 0, 0, 0, 2, 50, 2, 2, 1]], 'unsupported'],
  ['its type is 129', [[0, 0, 0, 0, 129, 50, 2, 2, 1]], 'unsupported'],
  ['it has no width', [[0, 0, 0, 0, 1, 50, 0, 2, 1]], 'unsupported'],
  ['its restart header is cut off', [[0, 0, 0, 0, 65, 50, 2, 2, 0, 1, 255]], 'malformed'],
  ['it has no bytes', [fragment(0, 50)], 'malformed'],
  ['a fragment is further on than the bytes are', [fragment(0, 50, 1, 2), fragment(3, 50, 3)], 'malformed'],
  ['a fragment comes again', [fragment(0, 50, 1, 2), fragment(0, 50, 3)], 'malformed'],
  ['Q changes within it', [fragment(0, 50, 1, 2), fragment(2, 51, 3)], 'malformed'],
  ['a header is cut off', [fragment(0, 50, 1, 2), [0, 0, 0, 2]], 'malformed'],
] as const)('a picture is refused when %s', (_, payloads, reason) => {
  const receiving = new Receiving(format).take(unitPackets(payloads));
  expect(receiving.reasons).toEqual([reason]);
  receiving.take(unitPackets([fragment(0, 50, 1)], { sequence: payloads.length, timestamp: 1 }));
  expect(receiving.units.length).toBe(1);
});

test('sides that no JPEG has are refused when the receiver is made', () => {
  expect(() => new Receiving({ codec: 'jpeg', width: 70_000 })).toThrow('sides are 1 to 65535');
});
