import { expect, test } from 'vitest';
import type { StreamFormat } from '../../src/rtp/index.js';
import { packetOf, Receiving } from './receiving.js';

const format: StreamFormat = { codec: 'hevc' };
const delimiter = [0x46, 1, 0x50];
const slice = [2, 1, 0x80, 1];
const later = [2, 1, 0x40, 2];

/** A packet in shorthand: its number, its unit, its payload, and `!` for the marker. */
type Packet = readonly [sequence: number, unit: number, payload: readonly number[], marker?: '!' | undefined];

function receive(packets: readonly Packet[], options: { trustStart?: boolean } = {}): Receiving {
  const receiving = new Receiving(format, options);
  receiving.take(
    packets.map(([sequence, unit, payload, marker]) =>
      packetOf({ sequence, timestamp: 3000 * unit, marker: marker === '!', payload: Uint8Array.from(payload) }),
    ),
  );
  receiving.core.flush();
  return receiving;
}

const unitsOf = ({ units }: Receiving): number[] => units.map(({ timestamp }) => Number(timestamp) / 3000);
const lostOf = ({ lost }: Receiving): string[] => lost.map(({ timestamp, reason }) => `${timestamp / 3000} ${reason}`);

/** Three units with a marker, so that the stream is known to have them. */
const begin: readonly Packet[] = [
  [0, 0, delimiter, '!'],
  [1, 1, slice, '!'],
  [2, 2, slice, '!'],
];

test('a unit that lacks a packet is lost, wherever it is, and the next is not', () => {
  for (const missing of [3, 4, 5]) {
    const packets: readonly Packet[] = [
      ...begin,
      [3, 3, slice],
      [4, 3, later],
      [5, 3, later, '!'],
      [6, 4, slice, '!'],
      [7, 5, slice, '!'],
    ];
    const outcome = receive(packets.filter(([sequence]) => sequence !== missing));
    expect(lostOf(outcome)).toEqual(['3 loss']);
    expect(unitsOf(outcome)).toEqual([0, 1, 2, 4, 5]);
    expect(outcome.lost[0]).toMatchObject({ packetsLost: 1, packets: 2 });
  }
});

test('a lost middle fragment loses the NAL unit and its access unit, and a lost first or last one too', () => {
  const fragments = [0x93, 0x13, 0x13, 0x53].map((header, index) => [0x62, 1, header, 0x80 + index]);
  for (let missing = 0; missing < 4; missing++) {
    const packets = fragments.map((payload, index): Packet => [3 + index, 3, payload, index === 3 ? '!' : undefined]);
    const outcome = receive([...begin, ...packets.filter((_, index) => index !== missing), [7, 4, slice, '!']]);
    expect(lostOf(outcome)).toEqual(['3 loss']);
    expect(unitsOf(outcome)).toEqual([0, 1, 2, 4]);
  }
});

test('when a unit without its marker and two packets are missing, the unit behind the gap may lack its beginning', () => {
  const outcome = receive([...begin, [3, 3, slice], [6, 4, slice, '!'], [7, 5, slice, '!']]);
  expect(lostOf(outcome)).toEqual(['3 loss', '4 loss']);
  expect(unitsOf(outcome)).toEqual([0, 1, 2, 5]);
});

test('one packet missing at the border is the marker of the unit before, if the stream has markers', () => {
  const marked = receive([...begin, [3, 3, slice], [5, 4, slice, '!']]);
  expect(unitsOf(marked)).toEqual([0, 1, 2, 4]);
  const unmarked = receive([
    [0, 0, delimiter],
    [1, 1, slice],
    [2, 2, slice],
    [3, 3, slice],
    [5, 4, slice],
    [6, 5, slice],
  ]);
  expect(unitsOf(unmarked)).toEqual([0, 1, 2]);
  expect(lostOf(unmarked)).toEqual(['3 loss', '4 loss', '5 end']);
});

test('behind a gap after a marker only a payload that must be the first of its unit begins one', () => {
  expect(lostOf(receive([...begin, [4, 4, slice, '!'], [5, 5, slice, '!']]))).toEqual(['4 loss']);
  expect(unitsOf(receive([...begin, [4, 4, delimiter], [5, 4, slice, '!']]))).toEqual([0, 1, 2, 4]);
});

test('parameter sets begin a unit for certain only in streams without delimiters', () => {
  const sets = [0x40, 1, 1];
  expect(
    unitsOf(
      receive([
        [0, 0, sets, '!'],
        [2, 1, sets],
        [3, 1, slice, '!'],
      ]),
    ),
  ).toEqual([0, 1]);
  expect(lostOf(receive([...begin, [4, 4, sets], [5, 4, slice, '!']]))).toEqual(['4 loss']);
});

test('a unit ends where the timestamp changes, marker or not', () => {
  const outcome = receive([
    [0, 0, delimiter],
    [1, 0, slice],
    [2, 1, slice],
    [3, 1, later],
    [4, 2, slice, '!'],
  ]);
  expect(unitsOf(outcome)).toEqual([0, 1, 2]);
  expect(outcome.units.map(({ nalUnits }) => nalUnits.length / 2)).toEqual([2, 2, 1]);
});

test('a stream joined in the midst of a unit begins with the next', () => {
  const outcome = receive([
    [7, 0, slice],
    [8, 0, later, '!'],
    [9, 1, slice, '!'],
  ]);
  expect(lostOf(outcome)).toEqual(['0 start']);
  expect(unitsOf(outcome)).toEqual([1]);
});

test('trustStart takes the first unit for whole when it could be, and not when it cannot', () => {
  const options = { trustStart: true };
  expect(
    unitsOf(
      receive(
        [
          [7, 0, slice],
          [8, 0, later, '!'],
        ],
        options,
      ),
    ),
  ).toEqual([0]);
  expect(lostOf(receive([[7, 0, later, '!']], options))).toEqual(['0 start']);
  expect(
    lostOf(
      receive(
        [
          [7, 0, [0x62, 1, 0x13, 1]],
          [8, 0, [0x62, 1, 0x53, 1], '!'],
        ],
        options,
      ),
    ),
  ).toEqual(['0 start']);
});

test('packets of padding only, or of a type nobody announced, are no gap', () => {
  const receiving = new Receiving(format);
  receiving.take([
    packetOf({ sequence: 0, payload: Uint8Array.from(delimiter) }),
    packetOf({ sequence: 1, timestamp: 5, paddingBytes: 40 }),
    packetOf({ sequence: 2, timestamp: 9, payloadType: 13, payload: Uint8Array.of(1, 2) }),
    packetOf({ sequence: 3, payload: Uint8Array.from(slice) }),
    packetOf({ sequence: 4, marker: true, paddingBytes: 4 }),
  ]);
  expect(receiving.units.map(({ nalUnits }) => nalUnits.length / 2)).toEqual([2]);
  expect(receiving.core.sources.get(7)?.statistics).toMatchObject({ unknownPayloads: 1, packets: 5, units: 1 });
});

test('a unit whose end never comes is lost when the source is idle', () => {
  const receiving = new Receiving(format, { idleMs: 1000 }).take(
    [packetOf({ payload: Uint8Array.from(delimiter) })],
    50,
  );
  expect(receiving.core.deadlineMs).toBe(1050);
  receiving.core.poll(1049);
  expect(receiving.lost).toEqual([]);
  receiving.core.poll(1050);
  expect(receiving.reasons).toEqual(['end']);
  expect(receiving.core.deadlineMs).toBe(undefined);
});

test('numbers that wrapped unseen make no unit of the beginning of another', () => {
  // 65,536 packets later the next number is the one that is awaited, and nothing seems to be missing.
  const outcome = receive([...begin, [3, 3, delimiter], [4, 500, later], [5, 500, later, '!'], [6, 501, slice, '!']]);
  expect(unitsOf(outcome)).not.toContain(3);
  expect(lostOf(outcome)).toContain('3 loss');
  expect(unitsOf(outcome)).toEqual([0, 1, 2, 501]);
});

test('a sender that has stopped marking its units is believed after the third', () => {
  const unmarked = Array.from({ length: 6 }, (_, index): Packet => [3 + index, 3 + index, slice]);
  const outcome = receive([...begin, ...unmarked, [9, 9, slice, '!']]);
  expect(unitsOf(outcome)).toEqual([0, 1, 2, 6, 7, 8, 9]);
});
