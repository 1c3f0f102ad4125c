import { expect, test } from 'vitest';
import { HevcPayloader, type LostUnit, ReceiverCore, type StreamFormat, type UnitBytes } from '../../src/rtp/index.js';
import { Dice } from '../fuzz/dice.js';
import { deliver } from './batch.js';
import { Network, type NetworkOptions } from './emulator.js';
import { type SentUnit, sentUnits, unitsOf } from './streams.js';

/** What came out at the far end. */
interface Outcome {
  readonly delivered: number;
  /** Units whose bytes or order are not those that were sent. */
  readonly damaged: number;
  readonly lost: readonly LostUnit[];
  /** Units all of whose packets arrived, in time or not. */
  readonly carried: number;
  readonly heldBytes: number;
}

const gapMs = 5;

/** Sends units through a network, 5 ms apart, into a receiver that gets what arrives within a ms as one batch. */
function outcomeOf(format: StreamFormat, sent: readonly SentUnit[], network: Network): Outcome {
  const bytesOf = new Map(sent.map(({ timestamp, unit }) => [timestamp, unit.data]));
  const lost: LostUnit[] = [];
  let delivered = 0;
  let damaged = 0;
  let last = -1;
  const core = new ReceiverCore({
    streams: [{ payloadType: 96, format }],
    onUnit: (unit) => {
      const position = sent.findIndex(({ timestamp }) => timestamp === unit.timestamp);
      const same = Buffer.compare(unit.data, bytesOf.get(unit.timestamp as number) ?? new Uint8Array()) === 0;
      if (!same || position <= last) damaged++;
      last = position;
      delivered++;
      unit.release();
    },
    onLost: (unit) => lost.push(unit),
  });
  const end = sent.length * gapMs + 1000;
  for (let now = 0; now < end; now++) {
    if (now % gapMs === 0) for (const packet of sent[now / gapMs]?.packets ?? []) network.send(packet, now);
    const arrivals = network.arrivals(now);
    if (arrivals.length > 0)
      deliver(
        core,
        arrivals.map(({ datagram }) => datagram),
        now,
      );
    if ((core.deadlineMs ?? end) <= now) core.poll(now);
  }
  core.flush();
  const carried = sent.filter(({ packets }) => packets.every((packet) => network.carried.has(packet))).length;
  return { delivered, damaged, lost, carried, heldBytes: core.heldBytes };
}

const shape = { units: 40, pictureBytes: 4_000, slices: 4, keyEvery: 8 };

function hevcUnits(seed: number, delimiters: boolean): UnitBytes[] {
  return unitsOf({ ...shape, codec: 'hevc', delimiters }, seed);
}

/** Conditions of a seed: 0 to 50% loss, with and without the rest. */
function conditions(seed: number): NetworkOptions {
  const dice = new Dice(seed ^ 0x5eed);
  const share = (most: number): number => dice.pick([0, 0.25, 0.5, 1]) * most;
  return {
    seed,
    loss: (0.5 * (seed % 11)) / 10,
    burst: { chance: share(0.01), length: 4 },
    duplicate: share(0.2),
    duplicateMs: 80,
    reorder: share(0.2),
    reorderMs: dice.pick([3, 20, 100]),
    jitterMs: share(4),
    bytesPerMs: dice.pick([Number.POSITIVE_INFINITY, 20_000]),
  };
}

test('no damaged unit is delivered: 200 seeds of 0 to 50% loss, bursts, reordering, duplicates, jitter, a slow link', () => {
  const damaged: number[] = [];
  let carried = 0;
  let delivered = 0;
  for (let seed = 0; seed < 200; seed++) {
    const sent = sentUnits(hevcUnits(seed, seed % 2 === 0), new HevcPayloader());
    const outcome = outcomeOf({ codec: 'hevc' }, sent, new Network(conditions(seed)));
    if (outcome.damaged > 0) damaged.push(seed);
    carried += outcome.carried;
    delivered += outcome.delivered;
  }
  expect(damaged).toEqual([]);
  expect(delivered / carried).toBeGreaterThan(0.85);
});
