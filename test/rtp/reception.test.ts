import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Reception } from '../../src/rtp/index.js';

/** A source whose packets arrive as they are stamped, one a ms. */
function receive(sequences: readonly number[], reception = new Reception(90_000)): Reception {
  for (const [index, sequence] of sequences.entries()) reception.packet(sequence & 0xffff, 90 * index, index);
  return reception;
}

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

test('65533, 65535, 0, 1, 65534, 2 is one wrap, not two, and nothing is lost', () => {
  const reception = receive([65533, 65535, 0, 1, 65534, 2]);
  expect(reception.highestSequence).toBe(65536 + 2);
  expect([reception.expected, reception.received, reception.lost]).toEqual([6, 6, 0]);
});

test('a first packet 65535 is not lost at the wrap behind it', () => {
  const reception = receive([65535, 0, 1]);
  expect([reception.highestSequence, reception.expected, reception.lost]).toEqual([65537, 3, 0]);
});

test('the first packet counts at once: no probation', () => {
  expect(receive([1234]).report()).toEqual({ fractionLost: 0, cumulativeLost: 0, highestSequence: 1234, jitter: 0 });
});

test('before the first packet nothing is expected', () => {
  const reception = new Reception();
  expect([reception.expected, reception.received, reception.lost]).toEqual([0, 0, 0]);
  expect(reception.report()).toEqual({ fractionLost: 0, cumulativeLost: 0, highestSequence: 0, jitter: 0 });
});

test('a packet 65535 that comes after the first packet 0 belongs before it', () => {
  const reception = receive([0, 65535, 1]);
  expect([reception.highestSequence, reception.expected, reception.lost]).toEqual([1, 3, 0]);
});

test('the fraction lost is that since the report before, in 1/256', () => {
  const reception = receive(range(0, 100).filter((sequence) => sequence % 4 !== 1));
  expect(reception.report()).toMatchObject({ fractionLost: 64, cumulativeLost: 25 });
  receive(range(100, 100), reception);
  expect(reception.report()).toMatchObject({ fractionLost: 0, cumulativeLost: 25 });
  expect(reception.report().fractionLost).toBe(0);
});

test('all but nothing lost is 255/256, not 0', () => {
  const reception = receive([0]);
  reception.report();
  receive([9_000], reception);
  expect(reception.report().fractionLost).toBe(255);
});

test('duplicates make the loss negative, the fraction 0', () => {
  const reception = receive([5, 5, 6, 6, 6]);
  expect(reception.report()).toMatchObject({ fractionLost: 0, cumulativeLost: -3 });
});

test('the loss count stops at 24 bits instead of wrapping', () => {
  const reception = new Reception();
  for (let packet = 0; packet < 1_000; packet++) reception.packet((packet * 16_000) & 0xffff, 0, 0);
  expect(reception.lost).toBeGreaterThan(0x7f_ffff);
  expect(reception.report().cumulativeLost).toBe(0x7f_ffff);
  const doubled = new Reception();
  for (let run = 0; run < 5_000; run++) doubled.run(1, 2_000, 0, 0);
  expect(doubled.report().cumulativeLost).toBe(-0x80_0000);
});

test('a single packet far off is not counted; two in a row begin anew and keep what was lost before', () => {
  const reception = receive([0, 1, 3, 30_000, 4, 5]);
  expect([reception.highestSequence, reception.expected, reception.received]).toEqual([5, 6, 5]);
  receive([40_000, 40_001, 40_003], reception);
  expect([reception.highestSequence, reception.expected, reception.received]).toEqual([40_003, 10, 8]);
  receive([100, 101], reception);
  expect(reception.highestSequence).toBe(65_536 + 101);
  expect(reception.lost).toBe(2);
});

test('a run that jumps needs no second packet', () => {
  const reception = receive([0, 1]);
  reception.run(40_000, 10, 0, 0);
  expect([reception.highestSequence, reception.expected, reception.received]).toEqual([40_009, 12, 12]);
});

test('jitter is 0 for packets that arrive as they were stamped, whatever the clock and over wraps', () => {
  const reception = new Reception(90_000);
  for (let packet = 0; packet < 1_000; packet++) {
    reception.packet(packet, (0xffff_ff00 + 3_000 * packet) >>> 0, 1.7e12 + (packet * 100) / 3);
  }
  expect(reception.jitter).toBeLessThan(1.1); // timestamps are whole ticks, times are not
});

test('jitter follows the reference of RFC 3550 A.8', () => {
  const reception = new Reception(8_000);
  let [transit, jitter] = [0, 0];
  for (let packet = 0; packet < 200; packet++) {
    const arrival = packet * 20 + ((packet * 7919) % 13);
    const now = arrival * 8 - packet * 160;
    if (packet > 0) jitter += (Math.abs(now - transit) - jitter) / 16;
    transit = now;
    reception.packet(packet, packet * 160, arrival);
  }
  expect(reception.jitter).toBeCloseTo(jitter, 9);
  expect(reception.report().jitter).toBe(Math.floor(jitter));
});

test('a run counts like its packets one by one', () => {
  const anyRun = fc.record({ skip: fc.integer({ min: -40, max: 60 }), count: fc.integer({ min: 1, max: 50 }) });
  fc.assert(
    fc.property(fc.nat(0xffff), fc.array(anyRun, { maxLength: 40 }), (start, runs) => {
      const [together, single] = [new Reception(), new Reception()];
      let sequence = start;
      for (const [index, { skip, count }] of runs.entries()) {
        sequence += skip;
        together.run(sequence & 0xffff, count, index * 3_000, index * 40);
        for (let packet = 0; packet < count; packet++) {
          single.packet((sequence + packet) & 0xffff, index * 3_000, index * 40);
        }
        sequence += count;
      }
      expect(together.jitter).toBeCloseTo(single.jitter, 6);
      expect([together.highestSequence, together.lost]).toEqual([single.highestSequence, single.lost]);
      expect({ ...together.report(), jitter: 0 }).toEqual({ ...single.report(), jitter: 0 });
    }),
  );
});

test('losses, late and double packets over many wraps agree with counting them', () => {
  const shuffle = fc.record({ start: fc.nat(0xffff), seed: fc.nat(), loss: fc.nat(50) });
  fc.assert(
    fc.property(shuffle, ({ start, seed, loss }) => {
      let state = seed >>> 0;
      const random = (): number => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return (state >>> 8) / 2 ** 24;
      };
      const order = range(start, 3_000)
        .filter((_, index) => index === 0 || index === 2_999 || random() * 100 >= loss)
        .map((sequence) => ({ sequence, at: sequence + random() * 100 }))
        .sort((one, other) => one.at - other.at)
        .map(({ sequence }) => sequence);
      const reception = receive(order);
      expect(reception.expected).toBe(3_000);
      expect(reception.lost).toBe(3_000 - order.length);
    }),
    { numRuns: 30 },
  );
});

test('nothing is allocated for a packet', () => {
  const reception = new Reception();
  const grown = Array.from({ length: 8 }, (_, pass) => {
    const before = process.memoryUsage().heapUsed;
    for (let packet = 0; packet < 200_000; packet++) {
      reception.packet(packet & 0xffff, (0xffff_0000 + packet * 40) >>> 0, 1.7e12 + pass * 1e5 + packet / 3);
    }
    return process.memoryUsage().heapUsed - before;
  });
  expect(Math.min(...grown)).toBeLessThan(200_000); // less than a byte a packet
});
