import { type ArrivingPacket, arrivingPacket } from './arriving-packet.js';
import type { CopyList } from './copy-list.js';
import { PacketStore } from './packet-store.js';
import type { ReceiveMemory } from './receive-memory.js';
import type { SourceStatistics } from './receive-statistics.js';
import { sequenceAfter, sequenceDistance } from './sequence.js';

/** A number this far ahead of the awaited one, or more, is no loss but a new beginning; as in `reception.ts`. */
const maxDropout = 16_384;
/** A packet this late, or later, may be a new beginning too (RFC 3550 A.1 says 100: a burst makes nothing of that). */
const maxMisorder = 3_000;
/** So long, in ms, nothing but old numbers in sequence: the source began anew just behind where it was. */
const restartMs = 1_000;
/** A packet with a number far off is kept up to this size, bytes. */
const strayLimit = 2_048;
/** Gaps given up last, in which a late packet is looked for. */
const rememberedGaps = 64;

/** Limits of a reorder window. */
export interface ReorderLimits {
  /** Sequence numbers that a packet may be ahead of the one waited for; a power of two. */
  readonly packets: number;
  /** Payload bytes that wait. */
  readonly bytes: number;
  /** How long a packet is waited for, in ms. */
  readonly ms: number;
}

/** Takes packets in the order of their sequence numbers. */
export interface PacketOrder {
  /** The next packet; only to be read now. */
  packet(packet: ArrivingPacket): void;
  /** So many packets are missing here. */
  gap(count: number): void;
  /** The numbers begin anew. */
  restart(): void;
}

/** What the windows of a receiver share: memory, and a store that waits to be used again. */
export class ReorderMemory {
  /** Of each window. */
  readonly limits: ReorderLimits;
  readonly #memory: ReceiveMemory;
  #spare: PacketStore | undefined;

  constructor(limits: ReorderLimits, memory: ReceiveMemory) {
    this.limits = limits;
    this.#memory = memory;
  }

  /** An empty store; undefined when memory is at its limit. */
  take(): PacketStore | undefined {
    const spare = this.#spare;
    this.#spare = undefined;
    if (spare !== undefined) return spare;
    const bytes = this.#memory.take(this.limits.bytes);
    return bytes === undefined ? undefined : new PacketStore(this.limits.packets, bytes);
  }

  /** Takes a store back. */
  give(store: PacketStore): void {
    store.clear();
    if (this.#spare === undefined) this.#spare = store;
    else this.#memory.give(store.bytes);
  }
}

/**
 * Brings the packets of one source in order. The awaited packet passes through without being touched; one that is ahead
 * is copied and waits for those between, within limits of number, bytes and time; what does not come is a gap. Numbers
 * begin anew when two follow each other far off (RFC 3550 A.1); the first of the two is not lost.
 */
export class Reorder {
  readonly #memory: ReorderMemory;
  readonly #copies: CopyList;
  readonly #out: PacketOrder;
  readonly #counts: SourceStatistics;
  /** The number waited for, -1 before the first packet. */
  #next = -1;
  /** Only while packets wait. */
  #store: PacketStore | undefined;
  readonly #waiting = arrivingPacket();
  /** Pairs of first number and count, around the end. */
  readonly #gaps: number[] = [];
  #gapCount = 0;
  readonly #stray = arrivingPacket();
  /** The number that would follow the stray packet, -1 when there is none. */
  #strayNext = -1;
  /** Of a run of late packets: the next number, which packet was awaited then, and since when, in ms. */
  #lateNext = -1;
  #lateAwaited = -1;
  #lateSinceMs = 0;
  /** Whether one packet followed another: a source, not a stray packet. */
  proven = false;

  constructor(memory: ReorderMemory, copies: CopyList, out: PacketOrder, counts: SourceStatistics) {
    this.#memory = memory;
    this.#copies = copies;
    this.#out = out;
    this.#counts = counts;
  }

  /** When {@link poll} has something to give up, in ms; undefined when nothing waits. */
  get deadlineMs(): number | undefined {
    return this.#store === undefined ? undefined : this.#store.oldestArrivalMs + this.#memory.limits.ms;
  }

  /** Takes a packet as it arrives. */
  receive(packet: ArrivingPacket, nowMs: number): void {
    if (packet.sequence === this.#next) {
      this.#next = (this.#next + 1) & 0xffff;
      this.proven = true;
      this.#out.packet(packet);
      if (this.#store !== undefined) this.#drain();
    } else this.#unawaited(packet, nowMs);
  }

  /** Gives up what was waited for long enough. */
  poll(nowMs: number): void {
    while (this.#store !== undefined && nowMs >= this.#store.oldestArrivalMs + this.#memory.limits.ms) {
      this.#giveUpTo(this.#store.first(this.#next));
    }
  }

  /** Gives up everything that is waited for. */
  flush(): void {
    while (this.#store !== undefined) this.#giveUpTo(this.#store.first(this.#next));
  }

  #unawaited(packet: ArrivingPacket, nowMs: number): void {
    const { sequence } = packet;
    const ahead = sequenceDistance(this.#next, sequence);
    if (this.#next < 0) this.#begin(packet);
    else if (ahead > 0 && ahead < maxDropout) this.#ahead(packet, nowMs);
    else if (ahead < 0 && ahead > -maxMisorder) {
      if (this.#beginsBehind(sequence, nowMs)) this.#beginAgain(packet);
      else this.#countLate(sequence);
    } else if (sequence === this.#strayNext) this.#beginAgain(packet);
    else this.#keepStray(packet);
  }

  #begin(packet: ArrivingPacket): void {
    this.#next = sequenceAfter(packet.sequence);
    this.#out.packet(packet);
  }

  #ahead(packet: ArrivingPacket, nowMs: number): void {
    const { sequence } = packet;
    const { packets } = this.#memory.limits;
    if (sequenceDistance(this.#next, sequence) >= packets) this.#giveUpTo(sequenceAfter(sequence, 1 - packets));
    else if (this.#store?.has(sequence)) {
      this.#counts.duplicates++;
      return;
    }
    while (sequence !== this.#next) {
      this.#store ??= this.#memory.take();
      if (this.#store?.add(packet, nowMs)) {
        this.#counts.reordered++;
        this.poll(nowMs);
        return;
      }
      this.#makeRoom(sequence);
    }
    this.receive(packet, nowMs);
  }

  /** Gives up waiting until something is free; in the end packet `sequence` itself is the next. */
  #makeRoom(sequence: number): void {
    const store = this.#store;
    if (store === undefined || store.count === 0) {
      this.#returnStore();
      this.#giveUpTo(sequence);
      return;
    }
    const first = store.first(this.#next);
    const isBefore = sequenceDistance(first, sequence) > 0;
    this.#giveUpTo(isBefore ? first : sequence);
  }

  /** Goes on to a number, and what follows it: hands out what waits, the rest is missing. */
  #giveUpTo(sequence: number): void {
    while (this.#next !== sequence) {
      const ahead = sequenceDistance(this.#next, sequence);
      const store = this.#store;
      const missing = store === undefined ? ahead : sequenceDistance(this.#next, store.first(this.#next));
      if (missing > 0) this.#miss(Math.min(missing, ahead));
      else this.#handOut();
    }
    this.#drain();
  }

  #miss(count: number): void {
    const at = 2 * (this.#gapCount++ % rememberedGaps);
    this.#gaps[at] = this.#next;
    this.#gaps[at + 1] = count;
    this.#counts.lost += count;
    this.#next = sequenceAfter(this.#next, count);
    this.#out.gap(count);
  }

  /** Hands out what waits for nothing any more. */
  #drain(): void {
    while (this.#store?.has(this.#next)) this.#handOut();
    // The bytes of what was handed out are free from here on.
    this.#copies.flush();
  }

  #handOut(): void {
    const store = this.#store as PacketStore;
    store.take(this.#next, this.#waiting);
    this.#next = sequenceAfter(this.#next);
    this.#out.packet(this.#waiting);
    if (store.count === 0) this.#returnStore();
  }

  #returnStore(): void {
    if (this.#store === undefined) return;
    this.#copies.flush();
    this.#memory.give(this.#store);
    this.#store = undefined;
  }

  #countLate(sequence: number): void {
    const gaps = this.#gaps;
    for (let at = 0; at < gaps.length; at += 2) {
      const behind = sequenceDistance(gaps[at] as number, sequence);
      if (behind >= 0 && behind < (gaps[at + 1] as number)) {
        this.#counts.late++;
        return;
      }
    }
    this.#counts.duplicates++;
  }

  /** Whether old numbers, in sequence, are all that came for a while. */
  #beginsBehind(sequence: number, nowMs: number): boolean {
    if (sequence !== this.#lateNext || this.#lateAwaited !== this.#next) this.#lateSinceMs = nowMs;
    this.#lateNext = sequenceAfter(sequence);
    this.#lateAwaited = this.#next;
    return nowMs - this.#lateSinceMs >= restartMs;
  }

  #beginAgain(packet: ArrivingPacket): void {
    this.flush();
    this.#counts.restarts++;
    this.#gaps.length = 0;
    this.#gapCount = 0;
    this.#out.restart();
    if (packet.sequence === this.#strayNext && this.#stray.length > 0) {
      this.#begin(this.#stray);
      this.#copies.flush();
    }
    this.#strayNext = -1;
    this.#begin(packet);
  }

  /** A packet from far off: the next one says whether the source began anew with it. */
  #keepStray(packet: ArrivingPacket): void {
    const stray = this.#stray;
    const { bytes, offset, length, sequence } = packet;
    this.#counts.stray++;
    this.#strayNext = sequenceAfter(sequence);
    stray.length = length <= strayLimit ? length : 0;
    if (stray.length === 0) return;
    if (stray.bytes.length === 0) stray.bytes = new Uint8Array(strayLimit);
    stray.bytes.set(bytes.subarray(offset, offset + length));
    stray.sequence = sequence;
    stray.timestamp = packet.timestamp;
    stray.flags = packet.flags;
  }
}
