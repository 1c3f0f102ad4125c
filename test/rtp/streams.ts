import type { NalCodec } from '../../src/nal/index.js';
import { type Payloader, packetsOf, SendPlan, type UnitBytes } from '../../src/rtp/index.js';
import { Dice } from '../fuzz/dice.js';

/** First bytes of NAL units of each kind; behind them, a slice has the bit that says whether it is its picture's first. */
const headers = {
  avc: { delimiter: [9], sets: [[0x67], [0x68]], sei: [6], key: [0x65], other: [0x41] },
  hevc: {
    delimiter: [0x46, 1],
    sets: [
      [0x40, 1],
      [0x42, 1],
      [0x44, 1],
    ],
    sei: [0x4e, 1],
    key: [0x26, 1],
    other: [2, 1],
  },
  vvc: {
    delimiter: [0, 0xa1],
    sets: [
      [0, 0x79],
      [0, 0x81],
    ],
    sei: [0, 0xb9],
    key: [0, 0x39],
    other: [0, 1],
  },
} as const;

/** How a stream is made up. */
export interface StreamShape {
  readonly codec: NalCodec;
  readonly units: number;
  /** Bytes of a picture, up to. */
  readonly pictureBytes: number;
  /** Slices of a picture, up to. */
  readonly slices: number;
  readonly delimiters: boolean;
  /** A key picture with its parameter sets each so many. */
  readonly keyEvery: number;
}

function nalUnit(dice: Dice, header: readonly number[], bytes: number, firstByte = 0x80): Uint8Array {
  const unit = Uint8Array.from({ length: Math.max(bytes, header.length + 2) }, () => 1 + dice.below(255));
  unit.set([...header, firstByte]);
  return unit;
}

/** An access unit of NAL units behind start codes of 4 bytes: what a receiver makes of it, too. */
export function annexB(nalUnits: readonly Uint8Array[]): UnitBytes {
  const data = new Uint8Array(nalUnits.reduce((sum, { length }) => sum + 4 + length, 0));
  const places: number[] = [];
  let at = 0;
  for (const unit of nalUnits) {
    data.set([0, 0, 0, 1], at);
    data.set(unit, at + 4);
    places.push(at + 4, unit.length);
    at += 4 + unit.length;
  }
  return { data, nalUnits: Uint32Array.from(places), nalUnitCount: nalUnits.length };
}

/** Access units as an encoder makes them, of random bytes. */
export function unitsOf(shape: StreamShape, seed: number): UnitBytes[] {
  const dice = new Dice(seed);
  const { delimiter, sets, sei, key, other } = headers[shape.codec];
  return Array.from({ length: shape.units }, (_, index) => {
    const isKey = index % shape.keyEvery === 0;
    const slices = 1 + dice.below(shape.slices);
    return annexB([
      ...(shape.delimiters ? [nalUnit(dice, delimiter, 3)] : []),
      ...(isKey ? sets.map((set) => nalUnit(dice, set, 8 + dice.below(40))) : []),
      ...(dice.below(3) === 0 ? [nalUnit(dice, sei, 10 + dice.below(30))] : []),
      ...Array.from({ length: slices }, (_, slice) => {
        const bytes = 1 + dice.below(Math.ceil((isKey ? 3 : 1) * shape.pictureBytes)) / slices;
        return nalUnit(dice, isKey ? key : other, bytes, slice === 0 ? 0x80 : 0x40);
      }),
    ]);
  });
}

/** A unit's packets. */
export interface SentUnit {
  readonly unit: UnitBytes;
  readonly timestamp: number;
  readonly packets: readonly Uint8Array[];
}

/** Units with the packets that a sender makes of them, 3000 ticks apart. */
export function sentUnits(
  units: readonly UnitBytes[],
  payloader: Payloader,
  { sequence = 65_500, timestamp = 0xffff_0000, ssrc = 0xcafe_f00d, payloadType = 96, maxPacketBytes = 600 } = {},
): SentUnit[] {
  const plan = new SendPlan();
  let next = sequence;
  return units.map((unit, index) => {
    const context = { payloadType, ssrc, sequence: next, timestamp: (timestamp + 3000 * index) >>> 0, maxPacketBytes };
    plan.clear();
    payloader.packetize(unit, context, plan);
    next += plan.packets;
    return { unit, timestamp: context.timestamp, packets: [...packetsOf(plan, unit.data)] };
  });
}
