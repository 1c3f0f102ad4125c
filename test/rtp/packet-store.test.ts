import fc from 'fast-check';
import { expect, test } from 'vitest';
import { arrivingPacket } from '../../src/rtp/arriving-packet.js';
import { PacketStore } from '../../src/rtp/packet-store.js';

const capacity = 16;
const storeBytes = 100;

/** Packet `sequence` of a length, each byte its number. */
function packet(sequence: number, length: number) {
  return { ...arrivingPacket(), bytes: new Uint8Array(length).fill(sequence), length, sequence, timestamp: ~sequence };
}

test('packets come out of the store as they went in, in whatever order, and it is never overfull', () => {
  const length = fc.noBias(fc.integer({ min: 0, max: 40 }));
  const step = fc.tuple(fc.boolean(), fc.noBias(fc.nat(capacity - 1)), length);
  const steps = fc.array(step, { minLength: 100, maxLength: 150, size: 'max' });
  fc.assert(
    fc.property(steps, (list) => {
      const store = new PacketStore(capacity, new Uint8Array(storeBytes));
      const held = new Map<number, number>();
      const taken = arrivingPacket();
      for (const [adds, sequence, length] of list) {
        expect(store.has(sequence)).toBe(held.has(sequence));
        const mayFit = [...held.values()].reduce((sum, bytes) => sum + Math.max(1, bytes), length) <= storeBytes;
        if (adds && !held.has(sequence)) {
          const isAdded = store.add(packet(sequence, length), 0);
          if (isAdded) held.set(sequence, length);
          expect(isAdded && !mayFit).toBe(false);
          if (held.size === 0) expect(isAdded).toBe(true);
        } else if (!adds && held.has(sequence)) {
          store.take(sequence, taken);
          const { bytes, offset } = taken;
          expect([...bytes.subarray(offset, offset + taken.length)]).toEqual(Array(held.get(sequence)).fill(sequence));
          expect(taken).toMatchObject({ sequence, timestamp: ~sequence });
          held.delete(sequence);
        }
        expect(store.count).toBe(held.size);
      }
    }),
    { numRuns: 200 },
  );
});

test('the oldest arrival is known, whichever packets are taken', () => {
  const store = new PacketStore(capacity, new Uint8Array(storeBytes));
  const taken = arrivingPacket();
  [5, 3, 9].forEach((sequence, index) => {
    store.add(packet(sequence, 10), 100 + index);
  });
  expect(store.oldestArrivalMs).toBe(100);
  store.take(3, taken);
  expect(store.oldestArrivalMs).toBe(100);
  store.take(5, taken);
  expect(store.oldestArrivalMs).toBe(102);
  expect(store.first(4)).toBe(9);
});

test('packets without bytes find room as long as there are slots', () => {
  const store = new PacketStore(capacity, new Uint8Array(storeBytes));
  for (let sequence = 0; sequence < capacity; sequence++) expect(store.add(packet(sequence, 0), 0)).toBe(true);
});
