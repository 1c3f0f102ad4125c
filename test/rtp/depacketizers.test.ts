import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NalCodec } from '../../src/nal/index.js';
import {
  AvcPayloader,
  GenericPayloader,
  HevcPayloader,
  type Payloader,
  RawPayloader,
  rawLayout,
  rawSamplings,
  type StreamFormat,
  type UnitBytes,
  VvcPayloader,
} from '../../src/rtp/index.js';
import { deliverTrain } from './batch.js';
import { anySize, bytesOf, plainUnit } from './packets.js';
import { Receiving, unitPackets } from './receiving.js';
import { annexB, sentUnits } from './streams.js';

/** A NAL unit header that no payload format has taken, and an access unit delimiter to begin the stream with. */
const nalHeaders: Record<NalCodec, { header: fc.Arbitrary<number[]>; delimiter: number[] }> = {
  avc: {
    header: fc
      .tuple(fc.integer({ min: 1, max: 23 }), fc.integer({ min: 0, max: 3 }))
      .map(([type, ref]) => [(ref << 5) | type]),
    delimiter: [9, 16],
  },
  hevc: {
    header: fc
      .tuple(fc.integer({ min: 0, max: 47 }), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 7 }))
      .map(([type, layer, tid]) => [(type << 1) | (layer >> 5), ((layer & 31) << 3) | tid]),
    delimiter: [0x46, 1, 0x50],
  },
  vvc: {
    header: fc
      .tuple(fc.integer({ min: 0, max: 27 }), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 1, max: 7 }))
      .map(([type, layer, tid]) => [layer, (type << 3) | tid]),
    delimiter: [0, 0xa1, 0x10],
  },
};

function nalUnits(codec: NalCodec): fc.Arbitrary<Uint8Array[]> {
  const { header } = nalHeaders[codec];
  const one = header.chain((bytes) => anySize(bytes.length).map((length) => bytesOf(length, ...bytes)));
  return fc.array(one, { minLength: 1, maxLength: 12 });
}

/** Sends units, receives them as trains or one by one, and says what came out: nothing may be missing, nothing differ. */
function expectSame(
  format: StreamFormat,
  payloader: Payloader,
  units: readonly UnitBytes[],
  maxPacketBytes: number,
): void {
  const receiving = new Receiving(format);
  const sent = sentUnits(units, payloader, { maxPacketBytes });
  for (const { packets } of sent) {
    let from = 0;
    packets.forEach((packet, index) => {
      const next = packets[index + 1];
      const ends = next === undefined || packet.length !== packets[from]?.length || next.length > packet.length;
      if (!ends) return;
      deliverTrain(receiving.core, packets.slice(from, index + 1));
      from = index + 1;
    });
  }
  expect(receiving.lost).toEqual([]);
  expect(receiving.units.map(({ timestamp }) => timestamp)).toEqual(sent.map(({ timestamp }) => timestamp));
  receiving.units.forEach(({ data, nalUnits: places }, index) => {
    const { unit } = sent[index] as (typeof sent)[number];
    expect(Buffer.compare(data, unit.data)).toBe(0);
    expect(places).toEqual([...unit.nalUnits]);
  });
}

const packetSize = fc.integer({ min: 64, max: 1500 });

test.each([
  ['avc', {}, () => new AvcPayloader()],
  ['hevc', {}, () => new HevcPayloader()],
  ['hevc', { donl: true }, () => new HevcPayloader({ donl: true })],
  ['vvc', {}, () => new VvcPayloader()],
  ['vvc', { donl: true }, () => new VvcPayloader({ donl: true })],
] as const)('any NAL units of %s come out of their packets as they went in %o', (codec, options, payloader) => {
  const first = annexB([Uint8Array.from(nalHeaders[codec].delimiter)]);
  fc.assert(
    fc.property(fc.array(nalUnits(codec), { minLength: 1, maxLength: 3 }), packetSize, (units, maxPacketBytes) => {
      expectSame({ codec, ...options }, payloader(), [first, ...units.map(annexB)], maxPacketBytes);
    }),
    { numRuns: 60 },
  );
});

test('units of any bytes come out as they went in', () => {
  fc.assert(
    fc.property(fc.array(anySize(1), { minLength: 1, maxLength: 4 }), packetSize, (sizes, maxPacketBytes) => {
      const units = sizes.map((size) => plainUnit(bytesOf(size)));
      expectSame({ codec: 'generic' }, new GenericPayloader(), units, maxPacketBytes);
    }),
    { numRuns: 100 },
  );
});

test('raw pictures of any sampling and depth come out as they went in', () => {
  const format = fc.record({
    sampling: fc.constantFrom(...rawSamplings),
    depth: fc.constantFrom(8, 10, 12, 16),
    width: fc.integer({ min: 1, max: 40 }).map((groups) => groups * 16),
    height: fc.integer({ min: 1, max: 20 }).map((rows) => rows * 2),
  });
  fc.assert(
    fc.property(format, fc.boolean(), packetSize, (shape, pad, maxPacketBytes) => {
      const pictures = [3, 90].map((first) => plainUnit(bytesOf(rawLayout(shape).bytes, first)));
      expectSame({ codec: 'raw', ...shape }, new RawPayloader({ ...shape, pad }), pictures, maxPacketBytes);
    }),
    { numRuns: 60 },
  );
});

/** Payloads of a unit, behind a delimiter that makes sure of its beginning. */
function outcome(format: StreamFormat, delimiter: readonly number[], payloads: readonly (readonly number[])[]): string {
  const receiving = new Receiving(format);
  receiving.take(unitPackets([delimiter]));
  receiving.take(unitPackets(payloads, { sequence: 1, timestamp: 3000 }));
  expect(receiving.units.length + receiving.lost.length).toBe(2);
  receiving.take(unitPackets([delimiter], { sequence: 1 + payloads.length, timestamp: 6000 }));
  expect(receiving.units.at(-1)?.timestamp).toBe(6000); // the stream goes on
  const [lost] = receiving.lost;
  if (lost !== undefined) return lost.reason;
  return Buffer.from(receiving.units[1]?.data ?? []).toString('hex');
}

const hevc = { format: { codec: 'hevc' }, delimiter: [0x46, 1, 0x50] } as const;
const avc = { format: { codec: 'avc' }, delimiter: [9, 16] } as const;
const vvc = { format: { codec: 'vvc' }, delimiter: [0, 0xa1, 0x10] } as const;

test.each([
  [
    'S, middle, E',
    [
      [0x62, 1, 0x93, 0xaf],
      [0x62, 1, 0x13, 2],
      [0x62, 1, 0x53, 3],
    ],
    '00000001' + '2601af0203',
  ],
  [
    'S, E without bytes',
    [
      [0x62, 1, 0x93, 0xaf],
      [0x62, 1, 0x53],
    ],
    '00000001' + '2601af',
  ],
  [
    'S, a middle without fragment header, E',
    [
      [0x62, 1, 0x93, 1],
      [0x62, 1],
      [0x62, 1, 0x53, 3],
    ],
    'malformed',
  ],
  ['S, a middle of one byte, E', [[0x62, 1, 0x93, 1], [0x62], [0x62, 1, 0x53, 3]], 'malformed'],
  ['E without S', [[0x62, 1, 0x53, 3]], 'malformed'],
  [
    'a middle without S',
    [
      [0x62, 1, 0x13, 3],
      [0x62, 1, 0x53, 3],
    ],
    'malformed',
  ],
  ['S and E at once', [[0x62, 1, 0xd3, 3]], 'malformed'],
  [
    'S twice',
    [
      [0x62, 1, 0x93, 1],
      [0x62, 1, 0x93, 1],
      [0x62, 1, 0x53, 3],
    ],
    'malformed',
  ],
  [
    'S without E',
    [
      [0x62, 1, 0x93, 1],
      [0x62, 1, 0x13, 1],
    ],
    'malformed',
  ],
  [
    'another type in the midst',
    [
      [0x62, 1, 0x93, 1],
      [0x62, 1, 0x14, 1],
      [0x62, 1, 0x53, 3],
    ],
    'malformed',
  ],
  [
    'another layer in the midst',
    [
      [0x62, 1, 0x93, 1],
      [0x62, 9, 0x13, 1],
      [0x62, 1, 0x53, 3],
    ],
    'malformed',
  ],
  [
    'a NAL unit in the midst',
    [
      [0x62, 1, 0x93, 1],
      [2, 1, 1],
      [0x62, 1, 0x53, 3],
    ],
    'malformed',
  ],
  [
    'a fragment of a fragment',
    [
      [0x62, 1, 0x80 | 49, 1],
      [0x62, 1, 0x40 | 49, 3],
    ],
    'malformed',
  ],
  ['a payload of one byte', [[2]], 'malformed'],
  ['temporal id 0', [[2, 0, 1]], 'malformed'],
  ['the bit that is forbidden', [[0x82, 1, 1]], 'malformed'],
  ['PACI', [[0x64, 1, 1, 2, 3]], 'unsupported'],
  ['a type that belongs to nobody', [[0x7e, 1, 1, 2, 3]], 'unsupported'],
  ['AP of two', [[0x60, 1, 0, 3, 2, 1, 9, 0, 2, 4, 1]], '00000001' + '020109' + '00000001' + '0401'],
  ['AP without units', [[0x60, 1]], 'malformed'],
  ['AP with a size past its end', [[0x60, 1, 0, 3, 2, 1, 9, 0, 3, 4, 1]], 'malformed'],
  ['AP with a size as large as the payload', [[0x60, 1, 0, 7, 2, 1, 9]], 'malformed'],
  ['AP with a byte too many', [[0x60, 1, 0, 3, 2, 1, 9, 0]], 'malformed'],
  ['AP with a unit of 0 bytes', [[0x60, 1, 0, 3, 2, 1, 9, 0, 0]], 'malformed'],
  ['AP with a unit of 1 byte', [[0x60, 1, 0, 3, 2, 1, 9, 0, 1, 2]], 'malformed'],
  ['AP in AP', [[0x60, 1, 0, 3, 0x60, 1, 9]], 'malformed'],
] as const)('hevc: %s', (_, payloads, expected) => {
  expect(outcome(hevc.format, hevc.delimiter, payloads)).toBe(expected);
});

test.each([
  [
    'S, middle, E',
    [
      [0x7c, 0x85, 0xaf],
      [0x7c, 5, 2],
      [0x7c, 0x45, 3],
    ],
    '00000001' + '65af0203',
  ],
  ['S, a middle without fragment header, E', [[0x7c, 0x85, 1], [0x7c], [0x7c, 0x45, 3]], 'malformed'],
  ['E without S', [[0x7c, 0x45, 3]], 'malformed'],
  ['S and E at once', [[0x7c, 0xc5, 3]], 'malformed'],
  [
    'S without E',
    [
      [0x7c, 0x85, 1],
      [0x7c, 5, 1],
    ],
    'malformed',
  ],
  [
    'another type in the midst',
    [
      [0x7c, 0x85, 1],
      [0x7c, 1, 1],
      [0x7c, 0x45, 3],
    ],
    'malformed',
  ],
  [
    'a NAL unit in the midst',
    [
      [0x7c, 0x85, 1],
      [0x41, 1],
      [0x7c, 0x45, 3],
    ],
    'malformed',
  ],
  ['STAP-A of two', [[0x78, 0, 2, 0x67, 9, 0, 1, 0x68]], '00000001' + '6709' + '00000001' + '68'],
  ['STAP-A without units', [[0x78]], 'malformed'],
  ['STAP-A with a size past its end', [[0x78, 0, 2, 0x67, 9, 0, 2, 0x68]], 'malformed'],
  ['STAP-A with a byte too many', [[0x78, 0, 2, 0x67, 9, 0]], 'malformed'],
  ['STAP-A with a unit of 0 bytes', [[0x78, 0, 2, 0x67, 9, 0, 0]], 'malformed'],
  ['STAP-A in STAP-A', [[0x78, 0, 2, 0x78, 9]], 'malformed'],
  ['STAP-B', [[0x79, 0, 0, 0, 1, 0x67]], 'unsupported'],
  ['MTAP16', [[0x7a, 0, 0, 0, 1, 0x67]], 'unsupported'],
  ['MTAP24', [[0x7b, 0, 0, 0, 1, 0x67]], 'unsupported'],
  ['FU-B', [[0x7d, 0x85, 0, 0, 1]], 'unsupported'],
  ['type 0', [[0x60, 1]], 'unsupported'],
] as const)('avc: %s', (_, payloads, expected) => {
  expect(outcome(avc.format, avc.delimiter, payloads)).toBe(expected);
});

test.each([
  [
    'S, middle, E with P',
    [
      [0, 0xe9, 0x87, 0xaf],
      [0, 0xe9, 7, 2],
      [0, 0xe9, 0x67, 3],
    ],
    '00000001' + '0039af0203',
  ],
  ['E without S', [[0, 0xe9, 0x47, 3]], 'malformed'],
  ['S without E', [[0, 0xe9, 0x87, 1]], 'malformed'],
  ['AP of two', [[0, 0xe1, 0, 3, 0, 1, 9, 0, 2, 0, 9]], '00000001' + '000109' + '00000001' + '0009'],
  ['AP with a byte too many', [[0, 0xe1, 0, 3, 0, 1, 9, 0]], 'malformed'],
  ['type 30', [[0, 0xf1, 0]], 'unsupported'],
] as const)('vvc: %s', (_, payloads, expected) => {
  expect(outcome(vvc.format, vvc.delimiter, payloads)).toBe(expected);
});

test('a stream that interleaves NAL units is not put together in the wrong order', () => {
  const receiving = new Receiving({ codec: 'hevc', donl: true });
  receiving.take(unitPackets([[0x46, 1, 0, 9, 0x50]]));
  receiving.take(
    unitPackets(
      [
        [2, 1, 0, 11, 1],
        [2, 1, 0, 10, 1],
      ],
      { sequence: 1, timestamp: 3000 },
    ),
  );
  receiving.take(unitPackets([[2, 1, 0, 12, 1]], { sequence: 3, timestamp: 6000 }));
  expect(receiving.reasons).toEqual(['unsupported']);
  expect(receiving.units.map(({ timestamp }) => timestamp)).toEqual([0, 6000]);
});

test('a decoding order number that is cut off is malformed', () => {
  const format = { codec: 'hevc', donl: true } as const;
  for (const payload of [
    [2, 1],
    [2, 1, 0],
    [0x60, 1, 0],
    [0x62, 1, 0x93, 0],
    [0x60, 1, 0, 1, 0, 2, 2, 1, 7],
  ]) {
    const receiving = new Receiving(format).take(unitPackets([[0x46, 1, 0, 0, 0x50], payload]));
    expect(receiving.reasons).toEqual(['malformed']);
  }
});

test('key units and the types that were seen of lost ones are known', () => {
  const receiving = new Receiving(hevc.format);
  receiving.take(unitPackets([hevc.delimiter, [0x26, 1, 0x80], [0x4e, 1, 1]]));
  receiving.take(unitPackets([[2, 1, 0x80]], { sequence: 3, timestamp: 1 }));
  receiving.take(
    unitPackets(
      [
        [0x40, 1, 1],
        [0x26, 1, 0x80],
        [0x62, 1, 0x53, 3],
        [2, 1, 1],
      ],
      { sequence: 4, timestamp: 2 },
    ),
  );
  expect(receiving.units.map(({ keyFrame }) => keyFrame)).toEqual([true, false]);
  expect(receiving.lost).toMatchObject([
    {
      keyFrame: true,
      nalTypes: [1, 19, 32],
      reason: 'malformed',
      packets: 4,
      packetsLost: 0,
      bytes: 13,
      firstSequence: 4,
    },
  ]);
});

test.each([
  [
    'its second packet has a beginning',
    [
      [0x80, 0, 0, 2, 1],
      [0x80, 0, 0, 2, 1],
    ],
  ],
  [
    'there are more bytes than promised',
    [
      [0x80, 0, 0, 2, 1],
      [0, 0, 0, 0, 1, 2],
    ],
  ],
  [
    'there are fewer bytes than promised',
    [
      [0x80, 0, 0, 3, 1],
      [0, 0, 0, 0, 1],
    ],
  ],
  [
    'a header is cut off',
    [
      [0x80, 0, 0, 3, 1],
      [0, 0, 0],
    ],
  ],
  [
    'a header is not 0',
    [
      [0x80, 0, 0, 3, 1],
      [0, 0, 0, 1, 1, 2],
    ],
  ],
])('a generic unit is malformed when %s', (_, payloads) => {
  expect(new Receiving({ codec: 'generic' }).take(unitPackets(payloads)).reasons).toEqual(['malformed']);
});

const raw = { codec: 'raw', sampling: 'YCbCr-4:2:2', depth: 8, width: 4, height: 2 } as const;

test.each([
  ['the picture is short of a row', [[0, 0, 0, 8, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]], 'malformed'],
  ['a piece is longer than its row', [[0, 0, 0, 12, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9]], 'malformed'],
  ['a piece is longer than the packet', [[0, 0, 0, 8, 0, 0, 0, 0, 1, 2, 3, 4]], 'malformed'],
  ['a piece splits a pixel group', [[0, 0, 0, 2, 0, 0, 0, 0, 1, 2]], 'malformed'],
  ['a piece is empty', [[0, 0, 0, 0, 0, 0, 0, 0]], 'malformed'],
  [
    'the offset is not of a pixel group',
    [
      [0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4],
      [0, 0, 0, 4, 0, 0, 0, 1, 1, 2, 3, 4],
    ],
    'malformed',
  ],
  [
    'a piece comes twice',
    [
      [0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4],
      [0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4],
    ],
    'malformed',
  ],
  ['headers never end', [[0, 0, 0, 4, 0, 0, 0x80, 0, 1, 2, 3, 4]], 'malformed'],
  [
    'a header is cut off',
    [
      [0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4],
      [0, 0, 0, 4, 0],
    ],
    'malformed',
  ],
  [
    'it is interlaced',
    [
      [0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4],
      [0, 0, 0, 4, 0x80, 0, 0, 2, 1, 2, 3, 4],
    ],
    'unsupported',
  ],
  ['there are bytes behind the pixels', [[0, 0, 0, 4, 0, 0, 0, 0, 1, 2, 3, 4, 5]], 'malformed'],
])('a raw picture is refused when %s', (_, payloads, expected) => {
  expect(new Receiving(raw).take(unitPackets(payloads)).reasons).toEqual([expected]);
});
