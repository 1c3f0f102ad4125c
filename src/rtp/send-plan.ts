import { FramelaneError } from '../error.js';

/** Kinds of steps of a plan, as its words say them. */
export const planStep = { packet: 1, fragments: 2 } as const;

/** Set in a piece's offset: the piece lies in the plan's header memory, not in the unit's data. */
export const inHeaders = 0x8000_0000;

/**
 * What is to be sent for one access unit: the headers, and which bytes of the unit stand behind each. TypeScript
 * decides it, `native/core/udp` carries it out, and {@link packetsOf} does so without native code. Memory is used again
 * from unit to unit, so nothing is allocated a packet.
 *
 * A plan is a list of steps, each a few 32-bit words; offsets and lengths are bytes:
 *
 *     packet      1, headerOffset, headerBytes, pieces, then offset and length of each piece
 *     fragments   2, count, dataOffset,
 *                 first:  headerOffset, headerBytes, payloadBytes
 *                 middle: headerOffset, headerBytes, payloadBytes
 *                 last:   headerOffset, headerBytes, payloadBytes
 *
 * `headerOffset` counts in {@link headers}; headers start with the RTP header. A piece's offset counts in the unit's
 * data, or in `headers` when {@link inHeaders} is set in it. `fragments` are `count` (at least 2) packets: first, then
 * middle ones as often as needed, then last; their payloads follow one another from `dataOffset` on, and the sequence
 * number (bytes 2 and 3 of the RTP header) of the i-th is that of the first header plus i. A plan without middle
 * packets (count 2) has a middle of zeros.
 */
export class SendPlan {
  /** Header memory; {@link headerBytes} of it are in use. */
  headers: Uint8Array;
  /** The steps; {@link wordCount} words are in use. */
  words: Uint32Array;
  /** Bytes of {@link headers} in use. */
  headerBytes = 0;
  /** Words of {@link words} in use. */
  wordCount = 0;
  /** Packets in the plan. */
  packets = 0;
  /** Bytes of all packets, RTP headers included, UDP and IP headers not. */
  bytes = 0;
  /** Bytes of them that are RTP padding (RFC 3550 section 5.1); whoever adds padding counts it here. */
  paddingBytes = 0;

  /** Room to begin with; both grow when a unit needs more. */
  constructor(headerBytes = 16 << 10, words = 4 << 10) {
    this.headers = new Uint8Array(headerBytes);
    this.words = new Uint32Array(words);
  }

  /** Empties the plan for the next unit. */
  clear(): void {
    this.headerBytes = 0;
    this.wordCount = 0;
    this.packets = 0;
    this.bytes = 0;
    this.paddingBytes = 0;
  }

  /** Room for a header; returns its offset in {@link headers}. Take `headers` anew after this: it may have grown. */
  header(bytes: number): number {
    const offset = this.headerBytes;
    if (offset + bytes > this.headers.length) this.headers = grown(this.headers, offset + bytes);
    this.headerBytes = offset + bytes;
    return offset;
  }

  /** Begins a packet of its own; its pieces follow by {@link piece}. Returns the step, to be handed to `piece`. */
  packet(headerOffset: number, headerBytes: number): number {
    const step = this.#step(4);
    const { words } = this;
    words[step] = planStep.packet;
    words[step + 1] = headerOffset;
    words[step + 2] = headerBytes;
    words[step + 3] = 0;
    this.packets++;
    this.bytes += headerBytes;
    return step;
  }

  /** Adds a piece to the packet begun last. `offset` in the unit's data, or in `headers` with {@link inHeaders}. */
  piece(step: number, offset: number, length: number): void {
    const at = this.#step(2);
    const { words } = this;
    words[at] = offset;
    words[at + 1] = length;
    words[step + 3] = (words[step + 3] as number) + 1;
    this.bytes += length;
  }

  /** Adds a run of fragments: see the class. */
  fragments(count: number, dataOffset: number, first: FragmentShape, middle: FragmentShape, last: FragmentShape): void {
    const step = this.#step(12);
    const { words } = this;
    words[step] = planStep.fragments;
    words[step + 1] = count;
    words[step + 2] = dataOffset;
    writeShape(words, step + 3, first);
    writeShape(words, step + 6, middle);
    writeShape(words, step + 9, last);
    this.packets += count;
    this.bytes += sizeOf(first) + (count - 2) * sizeOf(middle) + sizeOf(last);
  }

  #step(count: number): number {
    const at = this.wordCount;
    if (at + count > this.words.length) {
      const more = new Uint32Array(Math.max(2 * this.words.length, at + count));
      more.set(this.words);
      this.words = more;
    }
    this.wordCount = at + count;
    return at;
  }
}

/** Header and payload of one kind of fragment. */
export interface FragmentShape {
  /** Offset in {@link SendPlan.headers}. */
  readonly headerOffset: number;
  /** Bytes of the header, from the RTP header's first on. */
  readonly headerBytes: number;
  /** Bytes of the unit's data behind it. */
  readonly payloadBytes: number;
}

const sizeOf = ({ headerBytes, payloadBytes }: FragmentShape): number => headerBytes + payloadBytes;

function writeShape(words: Uint32Array, at: number, shape: FragmentShape): void {
  words[at] = shape.headerOffset;
  words[at + 1] = shape.headerBytes;
  words[at + 2] = shape.payloadBytes;
}

function grown(memory: Uint8Array, atLeast: number): Uint8Array {
  const more = new Uint8Array(Math.max(2 * memory.length, atLeast));
  more.set(memory);
  return more;
}

/** The packets of a plan as bytes of their own: for transports of one's own, for tests, and without native code. */
export function* packetsOf(plan: SendPlan, data: Uint8Array): Generator<Uint8Array, void> {
  const { words } = plan;
  for (let at = 0; at < plan.wordCount; ) {
    if (words[at] === planStep.packet) {
      yield packetAt(plan, at, data);
      at += 4 + 2 * (words[at + 3] as number);
    } else if (words[at] === planStep.fragments) {
      yield* fragmentsAt(plan, at, data);
      at += 12;
    } else throw new FramelaneError('BAD_ARGUMENT', `a plan has no step ${words[at]} (word ${at})`);
  }
}

function packetAt({ words, headers }: SendPlan, at: number, data: Uint8Array): Uint8Array {
  const [, headerOffset = 0, headerBytes = 0, pieces = 0] = words.subarray(at, at + 4);
  const parts = [headers.subarray(headerOffset, headerOffset + headerBytes)];
  for (let piece = 0; piece < pieces; piece++) {
    const offset = words[at + 4 + 2 * piece] as number;
    const length = words[at + 5 + 2 * piece] as number;
    const from = offset >= inHeaders ? headers : data;
    const start = offset >= inHeaders ? offset - inHeaders : offset;
    parts.push(from.subarray(start, start + length));
  }
  return joined(parts);
}

function* fragmentsAt({ words, headers }: SendPlan, at: number, data: Uint8Array): Generator<Uint8Array, void> {
  const count = words[at + 1] as number;
  let offset = words[at + 2] as number;
  const firstHeader = words[at + 3] as number;
  const sequence = ((headers[firstHeader + 2] as number) << 8) | (headers[firstHeader + 3] as number);
  for (let index = 0; index < count; index++) {
    const shape = at + (index === 0 ? 3 : index === count - 1 ? 9 : 6);
    const [header = 0, headerBytes = 0, payload = 0] = words.subarray(shape, shape + 3);
    const packet = joined([headers.subarray(header, header + headerBytes), data.subarray(offset, offset + payload)]);
    packet[2] = (sequence + index) >> 8;
    packet[3] = sequence + index;
    offset += payload;
    yield packet;
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
