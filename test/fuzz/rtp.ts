import assert from 'node:assert/strict';
import { type Frame, frameOver } from '../../src/frame/index.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import type { AccessUnit } from '../../src/nal/index.js';
import {
  AvcPayloader,
  GenericPayloader,
  HevcPayloader,
  JpegPayloader,
  type Payloader,
  RawPayloader,
  ReceiverCore,
  rawLayout,
  rowWords,
  type StreamFormat,
  type UnitBytes,
  VvcPayloader,
} from '../../src/rtp/index.js';
import { bytesOf, plainUnit } from '../rtp/packets.js';
import { sentUnits, unitsOf } from '../rtp/streams.js';
import type { FuzzTarget } from './main.js';

const maxMemoryBytes = 4 << 20;
const limits = { maxMemoryBytes, maxUnitBytes: 1 << 20, maxSources: 8, reorderBytes: 256 << 10, idleMs: 2_000 };
const raw = { sampling: 'YCbCr-4:2:0', depth: 8, width: 64, height: 32 } as const;
const shape = { units: 6, pictureBytes: 2_000, slices: 3, delimiters: true, keyEvery: 3 };

/** A stream of a format: what is sent, and how. */
interface Stream {
  readonly format: StreamFormat;
  readonly units: readonly UnitBytes[];
  readonly payloader: () => Payloader;
}

/** All formats; their payload types are 96 and so on. */
const streams: readonly Stream[] = [
  { format: { codec: 'hevc' }, units: unitsOf({ ...shape, codec: 'hevc' }, 1), payloader: () => new HevcPayloader() },
  { format: { codec: 'avc' }, units: unitsOf({ ...shape, codec: 'avc' }, 2), payloader: () => new AvcPayloader() },
  { format: { codec: 'vvc' }, units: unitsOf({ ...shape, codec: 'vvc' }, 3), payloader: () => new VvcPayloader() },
  {
    format: { codec: 'hevc', donl: true },
    units: unitsOf({ ...shape, codec: 'hevc' }, 4),
    payloader: () => new HevcPayloader({ donl: true }),
  },
  { format: { codec: 'jpeg' }, units: [jpeg(0), jpeg(1)], payloader: () => new JpegPayloader() },
  {
    format: { codec: 'raw', ...raw },
    units: [plainUnit(bytesOf(rawLayout(raw).bytes)), plainUnit(bytesOf(rawLayout(raw).bytes, 9))],
    payloader: () => new RawPayloader(raw),
  },
  {
    format: { codec: 'generic' },
    units: [1, 100, 5000].map((bytes) => plainUnit(bytesOf(bytes))),
    payloader: () => new GenericPayloader(),
  },
];

function jpeg(shift: number): UnitBytes {
  const spec = { format: 'rgb24', width: 64, height: 48 } as const;
  const pixels = Uint8Array.from({ length: 64 * 48 * 3 }, (_, index) => (index * (7 + shift)) & 255);
  const frame: Frame = frameOver(spec, pixels);
  return plainUnit(new TurboJpeg().encode(frame, { subsampling: '420' }));
}

function packetsOf(index: number, ssrc: number): Uint8Array[] {
  const { units, payloader } = streams[index] as Stream;
  return sentUnits(units, payloader(), { ssrc, payloadType: 96 + index }).flatMap(({ packets }) => packets);
}

/**
 * Datagrams of every payload format, changed, into one receiver that lives on: alone and in trains, in sequence and not.
 * Its memory must stay within its limit, what it hands out must make sense, and a good stream must come through after all.
 */
export function rtpTarget(): FuzzTarget {
  const seeds = streams.flatMap((_, index) => packetsOf(index, 7 + index));
  const victim = new Victim();
  return { seeds, run: (input) => victim.take(input) };
}

class Victim {
  readonly #core = new ReceiverCore({
    ...limits,
    streams: streams.map(({ format }, index) => ({ payloadType: 96 + index, format, trustStart: index % 2 === 0 })),
    onUnit: (unit) => this.#check(unit),
  });
  readonly #table = new Uint32Array(rowWords);
  readonly #sequences = new Map<number, number>();
  #turn = 0;
  #good: AccessUnit['data'][] = [];
  #goodSsrc = -1;

  take(input: Uint8Array): void {
    this.#turn++;
    if (this.#turn % 2 === 0) this.#putInSequence(input);
    const segment = this.#turn % 5 === 0 ? 1 + (this.#turn % 97) : input.length;
    this.#receive(input, segment);
    if (this.#turn % 3 === 0) this.#core.poll(this.#turn);
    assert(this.#core.heldBytes <= maxMemoryBytes, `${this.#core.heldBytes} bytes held`);
    assert(this.#core.sources.size <= limits.maxSources);
    if (this.#turn % 50_000 === 0) this.#expectGoodStream();
  }

  #receive(datagram: Uint8Array, segment: number): void {
    this.#table.set([0, datagram.length, segment]);
    this.#core.receive(datagram, this.#table, 1, this.#turn);
  }

  /** A number that follows the stream's last, so that more than the first packet is looked at. */
  #putInSequence(input: Uint8Array): void {
    if (input.length < 12) return;
    const payloadType = (input[1] as number) & 0x7f;
    const next = ((this.#sequences.get(payloadType) ?? 0) + 1) & 0xffff;
    this.#sequences.set(payloadType, next);
    input.set([0x80, input[1] as number, next >> 8, next]);
    input.set([0, 0, 0, payloadType], 8);
  }

  #check(unit: AccessUnit): void {
    assert(unit.data.length > 0 && unit.data.length <= limits.maxUnitBytes + 2);
    let end = 0;
    for (let index = 0; index < unit.nalUnitCount; index++) {
      const offset = unit.nalUnits[2 * index] as number;
      assert(offset === end + 4);
      end = offset + (unit.nalUnits[2 * index + 1] as number);
    }
    assert(unit.nalUnitCount === 0 || end === unit.data.length);
    if (this.#goodSsrc >= 0) this.#good.push(unit.data.slice());
    unit.release();
  }

  #expectGoodStream(): void {
    this.#turn += 2 * limits.idleMs; // all that was there is idle now
    const index = ((this.#turn / 1000) % streams.length) | 0;
    const { format, units } = streams[index] as Stream;
    this.#core.poll(this.#turn);
    this.#goodSsrc = 0x1000_0000 + this.#turn;
    for (const packet of packetsOf(index, this.#goodSsrc)) this.#receive(packet, packet.length);
    assert.equal(this.#good.length, units.length, `${format.codec}: ${this.#good.length} of ${units.length} units`);
    if (format.codec !== 'jpeg')
      for (const [at, data] of this.#good.entries()) assert.deepEqual(data, (units[at] as UnitBytes).data);
    this.#core.end(this.#goodSsrc);
    this.#goodSsrc = -1;
    this.#good = [];
  }
}
