import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import {
  findNalUnits,
  maxScanBytes,
  type NalScanner,
  nalUnitsOf,
  noOpenUnit,
  scanNalUnits,
} from '../../src/nal/index.js';
import { native } from '../../src/native.js';
import { nalScanner } from '../../src/net/index.js';

/** The oracle: what {@link NalScanner} promises, byte by byte. */
function naive(data: Uint8Array, room: number, from: number, open: number): [number, number][] {
  const units: [number, number][] = [];
  let begin = open;
  for (let at = from; at + 3 <= data.length; at++) {
    if (data[at] !== 0 || data[at + 1] !== 0 || data[at + 2] !== 1) continue;
    let end = at;
    while (end > begin && data[end - 1] === 0) end--;
    if (begin !== noOpenUnit && end > begin) units.push([begin, end - begin]);
    if (units.length === room) return units;
    begin = at + 3;
  }
  if (begin !== noOpenUnit) units.push([begin, data.length - begin]);
  return units;
}

function scanned(scan: NalScanner, data: Uint8Array, room = 1000, from = 0, open = noOpenUnit): [number, number][] {
  const into = new Uint32Array(2 * room);
  return pairsOf(into, scan(data, into, from, open));
}

const pairsOf = (words: Uint32Array, count: number) =>
  Array.from({ length: count }, (_, i): [number, number] => [words[2 * i] as number, words[2 * i + 1] as number]);

const bytes = (...words: (number | readonly number[])[]) => Uint8Array.from(words.flat() as number[]);
const three = [0, 0, 1];
const four = [0, 0, 0, 1];

const own = native().scanKernel();
afterAll(() => {
  native().scanKernel(own);
});

const kernels = ['portable', 'sse2', 'avx2', 'avx512', 'neon'].filter((name) => native().scanKernel(name) === name);
const withKernel =
  (name: string): NalScanner =>
  (...words) => {
    native().scanKernel(name);
    return nalScanner()(...words);
  };

const scanners: [string, NalScanner][] = [
  ['TypeScript', scanNalUnits],
  ...kernels.map((name): [string, NalScanner] => [`native ${name}`, withKernel(name)]),
];

/** Bytes of which many are 0 and 1, some long enough for the widest vectors. */
const someBytes = fc.oneof(
  fc.array(fc.constantFrom(0, 0, 1, 1, 2, 3, 255), { maxLength: 40 }),
  fc.array(fc.oneof(fc.constantFrom(0, 1), fc.nat(255)), { maxLength: 1500, size: 'max' }),
  fc.array(fc.oneof(fc.constant(three), fc.constant(four), fc.constant([0, 0, 3]), fc.array(fc.nat(255))), {
    maxLength: 60,
    size: 'max',
  }),
);
const someData = fc.tuple(someBytes, fc.nat(70)).map(([content, offset]) => {
  const all = bytes(...content);
  const memory = new Uint8Array(offset + all.length + 5).fill(0); // what stands around it must not matter
  memory.set(all, offset);
  return memory.subarray(offset, offset + all.length);
});

describe.each(scanners)('%s', (_name, scan) => {
  it('finds what a plain loop finds, from anywhere, with any room', () => {
    const range = fc.tuple(fc.nat(), fc.nat(), fc.boolean(), fc.integer({ min: 2, max: 300 }));
    fc.assert(
      fc.property(someData, range, (data, [fromSeed, openSeed, isOpen, room]) => {
        const from = fromSeed % (data.length + 1);
        const open = isOpen ? openSeed % (from + 1) : noOpenUnit;
        expect(scanned(scan, data, room, from, open)).toEqual(naive(data, room, from, open));
      }),
      { numRuns: 400 },
    );
  });

  it('finds units behind start codes of three and four bytes, trailing zeros left out', () => {
    const data = bytes(four, 0x67, 1, three, 0x68, 2, 0, 0, 0, four, 0x65, 3);
    expect(scanned(scan, data)).toEqual([
      [4, 2],
      [9, 2],
      [18, 2],
    ]);
  });

  it('leaves out what stands before the first start code', () => {
    expect(scanned(scan, bytes(9, 9, 0, 9, three, 0x65))).toEqual([[7, 1]]);
  });

  it('counts what stands before the first start code when a unit is open', () => {
    expect(scanned(scan, bytes(9, 9, 0, 9, 0, three, 0x65), 10, 0, 0)).toEqual([
      [0, 4],
      [8, 1],
    ]);
  });

  it('leaves out empty units, but for the one that is still open', () => {
    expect(scanned(scan, bytes(three, three, 0, four, 7, three))).toEqual([
      [11, 1],
      [15, 0],
    ]);
  });

  it('keeps the zeros of the unit that is still open', () => {
    expect(scanned(scan, bytes(three, 7, 0, 0))).toEqual([[3, 3]]);
  });

  it('finds nothing where no start code is', () => {
    for (const data of [[], [0], [0, 0], [1], [0, 0, 0, 0], [0, 0, 2], Array(500).fill(0), Array(500).fill(1)]) {
      expect(scanned(scan, bytes(data))).toEqual([]);
    }
  });

  it('takes a header byte of zeros for what it is', () => {
    expect(scanned(scan, bytes(three, 0, 0, 2, three, 7))).toEqual([
      [3, 3],
      [9, 1],
    ]);
  });

  it('refuses offsets that do not fit together, too little room and too many bytes', () => {
    const refuse = (data: Uint8Array, room: number, from: number, open: number) => {
      expect(() => scan(data, new Uint32Array(room), from, open)).toThrow(
        expect.objectContaining({ code: 'BAD_ARGUMENT' }) as FramelaneError,
      );
    };
    refuse(new Uint8Array(10), 4, 11, 0);
    refuse(new Uint8Array(10), 4, -1, noOpenUnit);
    refuse(new Uint8Array(10), 4, Number.NaN, noOpenUnit);
    refuse(new Uint8Array(10), 4, 3, 4);
    refuse(new Uint8Array(10), 3, 0, noOpenUnit);
    refuse(new Uint8Array(maxScanBytes + 1), 4, 0, noOpenUnit); // never touched, so it costs no memory
  });

  it('gives the same units of a stream that arrives in any pieces', () => {
    const pieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 200 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(someData, pieces, (data, sizes) => {
        expect(inPieces(scan, data, sizes)).toEqual(scanned(scan, data, data.length + 2));
      }),
      { numRuns: 300 },
    );
  });

  it('goes on where the table was full, without missing or repeating a unit', () => {
    fc.assert(
      fc.property(someData, fc.integer({ min: 2, max: 9 }), (data, room) => {
        const all = inPieces(scan, data, [data.length], room);
        expect(all).toEqual(scanned(scan, data, data.length + 2));
      }),
    );
  });
});

/** A splitter as {@link NalScanner} tells to write one: the last unit found stays open. */
function inPieces(scan: NalScanner, data: Uint8Array, sizes: readonly number[], room = 3): [number, number][] {
  const closed: [number, number][] = [];
  const into = new Uint32Array(2 * room);
  let open = noOpenUnit;
  let last: [number, number] | undefined;
  let from = 0;
  let there = 0;
  for (let piece = 0; there < data.length; piece++) {
    there = Math.min(data.length, there + (sizes[piece % sizes.length] as number));
    for (let count = room; count === room; ) {
      count = scan(data.subarray(0, there), into, from, open);
      const units = pairsOf(into, count);
      last = units.pop();
      closed.push(...units);
      open = last?.[0] ?? noOpenUnit;
      from = (last?.[0] ?? 0) + (last?.[1] ?? 0);
    }
    from = Math.max(open, 0, there - 2);
  }
  return last === undefined ? closed : [...closed, last];
}

describe('whole buffers', () => {
  it('close the last unit: no zeros behind it, and none that is empty', () => {
    expect([...nalUnitsOf(bytes(three, 7, 0, 0))]).toEqual([3, 1]);
    expect([...nalUnitsOf(bytes(three, 7, four))]).toEqual([3, 1]);
    expect([...nalUnitsOf(bytes(three, 0, 0))]).toEqual([]);
    expect([...nalUnitsOf(bytes(7, 7))]).toEqual([]);
  });

  it('never have a unit that is empty or ends in a zero, whatever the bytes', () => {
    fc.assert(
      fc.property(someData, (data) => {
        const into = new Uint32Array(2 * data.length + 4);
        const units = pairsOf(into, findNalUnits(data, into, nalScanner()));
        for (const [offset, length] of units) {
          expect(length).toBeGreaterThan(0);
          expect(data[offset + length - 1]).not.toBe(0);
          expect([...data.subarray(offset - 3, offset)]).toEqual(three);
        }
        expect(nalUnitsOf(data)).toEqual(new Uint32Array(units.flat()));
      }),
    );
  });

  it('have as many units as they have: more than fit into one call', () => {
    const data = new Uint8Array(4 * 5000);
    for (let at = 0; at < data.length; at += 4) data.set([0, 0, 1, 9], at);
    const units = nalUnitsOf(data, nalScanner());
    expect(units.length).toBe(2 * 5000);
    expect([...units.subarray(-4)]).toEqual([data.length - 5, 1, data.length - 1, 1]);
    expect(units).toEqual(nalUnitsOf(data));
  });

  it('go on from the end of the last unit when the table was full', () => {
    const data = bytes(three, 1, three, 2, three, 3);
    const into = new Uint32Array(4);
    expect(findNalUnits(data, into)).toBe(2);
    expect(findNalUnits(data, into, scanNalUnits, (into[2] as number) + (into[3] as number))).toBe(1);
    expect([...into.subarray(0, 2)]).toEqual([11, 1]);
  });

  it('have offsets beyond 2 GiB', () => {
    const data = new Uint8Array(2 ** 31 + 1000);
    data.set([...three, 5], data.length - 4);
    expect(scanned(nalScanner(), data)).toEqual([[data.length - 1, 1]]);
  });

  it('may be Buffers, parts of others, and shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(200)).fill(9);
    shared.set(three, 100);
    expect([...nalUnitsOf(shared, nalScanner())]).toEqual([103, 97]);
    expect([...nalUnitsOf(Buffer.from(shared).subarray(90), nalScanner())]).toEqual([13, 97]);
  });
});

it('an error is a FramelaneError that says what must hold', () => {
  expect(() => scanNalUnits(new Uint8Array(3), new Uint32Array(4), 5, 0)).toThrow(FramelaneError);
  expect(() => scanNalUnits(new Uint8Array(3), new Uint32Array(4), 5, 0)).toThrow(/from must lie in the data/);
});
