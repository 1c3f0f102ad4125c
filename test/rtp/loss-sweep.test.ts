import { expect, test } from 'vitest';
import type { NalCodec } from '../../src/nal/index.js';
import {
  AvcPayloader,
  GenericPayloader,
  HevcPayloader,
  type LostUnit,
  type Payloader,
  RawPayloader,
  ReceiverCore,
  rawLayout,
  type StreamFormat,
  type UnitBytes,
  VvcPayloader,
} from '../../src/rtp/index.js';
import { Dice } from '../fuzz/dice.js';
import { deliver } from './batch.js';
import { Network, type NetworkOptions } from './emulator.js';
import { bytesOf, plainUnit } from './packets.js';
import { type SentUnit, sentUnits, unitsOf } from './streams.js';

/** What came out at the far end. */
interface Outcome {
  readonly delivered: number;
  /** Units whose bytes or order are not those that were sent. */
  readonly damaged: number;
  readonly lost: readonly LostUnit[];
  /** Units all of whose packets arrived within 40 ms, so that nobody may have given them up. */
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
  const carried = sent.filter(({ packets }) =>
    packets.every((packet) => (network.carriedMs.get(packet) ?? 1000) < 40),
  ).length;
  return { delivered, damaged, lost, carried, heldBytes: core.heldBytes };
}

const shape = { units: 30, pictureBytes: 4_000, slices: 4, keyEvery: 8 };

const plain = (bytes: (index: number) => Uint8Array): UnitBytes[] =>
  Array.from({ length: shape.units }, (_, index) => plainUnit(bytes(index)));

const rawFormat = { sampling: 'YCbCr-4:2:2', depth: 8, width: 64, height: 40 } as const;

/** A format, and a stream of it by a seed. */
const streams: Readonly<Record<string, readonly [StreamFormat, (seed: number) => SentUnit[]]>> = {
  hevc: [{ codec: 'hevc' }, (seed) => nalStream('hevc', new HevcPayloader(), seed)],
  avc: [{ codec: 'avc' }, (seed) => nalStream('avc', new AvcPayloader(), seed)],
  vvc: [{ codec: 'vvc' }, (seed) => nalStream('vvc', new VvcPayloader(), seed)],
  generic: [
    { codec: 'generic' },
    (seed) =>
      sentUnits(
        plain((index) => bytesOf(1 + ((index * 997 + seed) % 5000))),
        new GenericPayloader(),
      ),
  ],
  raw: [
    { codec: 'raw', ...rawFormat },
    () =>
      sentUnits(
        plain((index) => bytesOf(rawLayout(rawFormat).bytes, index)),
        new RawPayloader(rawFormat),
      ),
  ],
};

function nalStream(codec: NalCodec, payloader: Payloader, seed: number): SentUnit[] {
  return sentUnits(unitsOf({ ...shape, codec, delimiters: seed % 2 === 0 }, seed), payloader);
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

/** The same stream without the markers, as some senders have it. */
function withoutMarkers(sent: readonly SentUnit[]): SentUnit[] {
  return sent.map(({ unit, timestamp, packets }) => ({
    unit,
    timestamp,
    packets: packets.map((packet) => packet.map((byte, index) => (index === 1 ? byte & 0x7f : byte))),
  }));
}

test.each([
  ['hevc', 200, 0.96],
  ['avc', 100, 0.94],
  ['vvc', 100, 0.94],
  ['generic', 100, 0.999],
  ['raw', 100, 0.98],
] as const)(
  'no damaged unit of %s comes out: %i seeds of 0 to 50% loss, bursts, reordering, duplicates, jitter, a slow link',
  (name, seeds, least) => {
    const [format, stream] = streams[name] as (typeof streams)[string];
    const damaged: number[] = [];
    let carried = 0;
    let delivered = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const outcome = outcomeOf(format, stream(seed), new Network(conditions(seed)));
      if (outcome.damaged > 0) damaged.push(seed);
      carried += outcome.carried;
      delivered += outcome.delivered;
    }
    expect(damaged).toEqual([]);
    // Of NAL units that arrived whole, some cannot be known to be: packets before their first one are missing.
    expect(delivered / carried).toBeGreaterThan(least);
  },
);

test('without markers no damaged unit comes out either', () => {
  const damaged = Array.from({ length: 60 }, (_, seed) => seed).filter((seed) => {
    const sent = withoutMarkers(nalStream('hevc', new HevcPayloader(), seed));
    return outcomeOf({ codec: 'hevc' }, sent, new Network(conditions(seed))).damaged > 0;
  });
  expect(damaged).toEqual([]);
});

test('a network that only reorders, duplicates and delays costs no unit but the first', () => {
  for (let seed = 0; seed < 20; seed++) {
    const conditions = { seed, duplicate: 0.2, reorder: 0.3, reorderMs: 20, jitterMs: 6 };
    const { delivered, damaged } = outcomeOf(
      { codec: 'hevc' },
      nalStream('hevc', new HevcPayloader(), seed),
      new Network(conditions),
    );
    expect(damaged).toBe(0);
    expect(delivered).toBeGreaterThanOrEqual(shape.units - 1);
  }
});

test('what a seed does to a stream it does again', () => {
  const run = () => outcomeOf({ codec: 'hevc' }, nalStream('hevc', new HevcPayloader(), 3), new Network(conditions(8)));
  expect(run()).toEqual(run());
});
