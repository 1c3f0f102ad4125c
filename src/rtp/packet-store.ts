import type { ArrivingPacket } from './arriving-packet.js';

/**
 * Packets that wait for one before them: copies in a ring of bytes, found by sequence number, given up in the order of
 * arrival. `capacity` numbers at most are looked at, a power of two, so a number says its place.
 *
 *     bytes   [......|packet|packet|.......]   from the oldest arrival to the newest, around the end
 *     slots   by sequence number: offset, length, timestamp, flags, serial of its arrival
 *     order   by serial: which slot arrived then
 */
export class PacketStore {
  /** Memory of the payloads. */
  readonly bytes: Uint8Array;
  readonly #mask: number;
  readonly #offsets: Uint32Array;
  readonly #lengths: Uint32Array;
  readonly #timestamps: Int32Array;
  readonly #flags: Uint8Array;
  readonly #arrivals: Float64Array;
  /** Serial of the packet in the slot, -1 when it is free. */
  readonly #serials: Float64Array;
  /** Twice as long as there are slots: a slot may be freed and filled again before an older packet goes. */
  readonly #order: Uint16Array;
  #oldest = 0;
  #newest = 0;
  #tail = 0;
  #count = 0;

  constructor(capacity: number, bytes: Uint8Array) {
    this.bytes = bytes;
    this.#mask = capacity - 1;
    this.#offsets = new Uint32Array(capacity);
    this.#lengths = new Uint32Array(capacity);
    this.#timestamps = new Int32Array(capacity);
    this.#flags = new Uint8Array(capacity);
    this.#arrivals = new Float64Array(capacity);
    this.#serials = new Float64Array(capacity).fill(-1);
    this.#order = new Uint16Array(2 * capacity);
  }

  /** Packets in it. */
  get count(): number {
    return this.#count;
  }

  /** When the one that waits longest arrived, in ms. Only when there is one. */
  get oldestArrivalMs(): number {
    return this.#arrivals[this.#slotOf(this.#oldest)] as number;
  }

  /** Whether a sequence number's packet is here. The number is known to be less than `capacity` from all others. */
  has(sequence: number): boolean {
    return this.#serials[sequence & this.#mask] !== -1;
  }

  /** Keeps a copy. False: there is no room for its bytes. */
  add(packet: ArrivingPacket, nowMs: number): boolean {
    const { offset, length } = packet;
    // An empty payload takes a byte, so that head and tail do not meet.
    const to = this.#room(Math.max(1, length));
    if (to < 0 || this.#newest - this.#oldest === this.#order.length) return false;
    const slot = packet.sequence & this.#mask;
    this.bytes.set(packet.bytes.subarray(offset, offset + length), to);
    this.#tail = to + Math.max(1, length);
    this.#offsets[slot] = to;
    this.#lengths[slot] = length;
    this.#timestamps[slot] = packet.timestamp;
    this.#flags[slot] = packet.flags;
    this.#arrivals[slot] = nowMs;
    this.#serials[slot] = this.#newest;
    this.#order[this.#newest++ & (this.#order.length - 1)] = slot;
    this.#count++;
    return true;
  }

  /** Takes the packet of a number out; its bytes stay valid until the next `add`. */
  take(sequence: number, into: ArrivingPacket): void {
    const slot = sequence & this.#mask;
    into.bytes = this.bytes;
    into.sequence = sequence;
    into.offset = this.#offsets[slot] as number;
    into.length = this.#lengths[slot] as number;
    into.timestamp = this.#timestamps[slot] as number;
    into.flags = this.#flags[slot] as number;
    this.#serials[slot] = -1;
    this.#count--;
    if (this.#count === 0) this.clear();
    else while (!this.#isLive(this.#oldest)) this.#oldest++;
  }

  /** The lowest number in it that is `from` or after it; only when there is one. */
  first(from: number): number {
    let sequence = from;
    while (!this.has(sequence)) sequence = (sequence + 1) & 0xffff;
    return sequence;
  }

  /** Forgets everything. */
  clear(): void {
    if (this.#count > 0) this.#serials.fill(-1);
    this.#oldest = 0;
    this.#newest = 0;
    this.#tail = 0;
    this.#count = 0;
  }

  #slotOf(serial: number): number {
    return this.#order[serial & (this.#order.length - 1)] as number;
  }

  #isLive(serial: number): boolean {
    return this.#serials[this.#slotOf(serial)] === serial;
  }

  /** Where `length` bytes fit in one piece, or -1. Head and tail never meet, but in an empty ring. */
  #room(length: number): number {
    if (this.#count === 0) return length <= this.bytes.length ? 0 : -1;
    const head = this.#offsets[this.#slotOf(this.#oldest)] as number;
    const tail = this.#tail;
    if (tail <= head) return tail + length < head ? tail : -1;
    if (tail + length <= this.bytes.length) return tail;
    return length < head ? 0 : -1;
  }
}
