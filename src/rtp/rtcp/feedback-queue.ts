import type { FullIntra } from './full-intra.js';
import type { GenericNack } from './generic-nack.js';
import type { RtcpPacket } from './packet.js';
import type { PictureLoss } from './picture-loss.js';

/** Room for waiting feedback in the next packet, in bytes; what does not fit is not asked for. */
export const feedbackBytes = 512;

/** How a key frame is asked for. */
export type KeyFrameRequest = 'pli' | 'fir';

/** Feedback that waits for its packet: for each source the packets that are missing, and whether a key frame is wanted. */
export class FeedbackQueue {
  readonly #missing = new Map<number, Set<number>>();
  readonly #keyFrames = new Map<number, KeyFrameRequest>();
  /** Number of the last full intra request, for each of the sources asked last. */
  readonly #requests = new Map<number, number>();

  /** Whether anything waits. */
  get pending(): boolean {
    return this.#missing.size > 0 || this.#keyFrames.size > 0;
  }

  /** Bytes that what waits takes at most. */
  get bytes(): number {
    let bytes = 20 * this.#keyFrames.size;
    for (const sequences of this.#missing.values()) bytes += 12 + 4 * sequences.size;
    return bytes;
  }

  /** Asks for packets again; false when there was not room for all. */
  nack(ssrc: number, sequences: Iterable<number>): boolean {
    const waiting = this.#missing.get(ssrc) ?? new Set<number>();
    let room = (feedbackBytes - this.bytes - (waiting.size === 0 ? 12 : 0)) / 4;
    for (const sequence of sequences) {
      if (waiting.has(sequence & 0xffff)) continue;
      if (--room < 0) return false;
      waiting.add(sequence & 0xffff);
      this.#missing.set(ssrc, waiting);
    }
    return true;
  }

  /** Asks for a key frame; false when there was no room. */
  keyFrame(ssrc: number, request: KeyFrameRequest): boolean {
    if (!this.#keyFrames.has(ssrc) && this.bytes + 20 > feedbackBytes) return false;
    this.#keyFrames.set(ssrc, request);
    return true;
  }

  /** Somebody else asked for the same: then one need not (RFC 4585 section 3.5.2). */
  asked(packet: GenericNack | PictureLoss | FullIntra): void {
    if (packet.kind === 'genericNack') this.#drop(packet.mediaSsrc, packet.sequences);
    else if (packet.kind === 'pictureLoss') this.#keyFrames.delete(packet.mediaSsrc);
    else for (const { ssrc } of packet.entries) this.#keyFrames.delete(ssrc);
  }

  #drop(ssrc: number, sequences: readonly number[]): void {
    const waiting = this.#missing.get(ssrc);
    for (const sequence of sequences) waiting?.delete(sequence);
    if (waiting?.size === 0) this.#missing.delete(ssrc);
  }

  /** All that waits, as packets; then nothing waits any more. */
  take(ssrc: number): RtcpPacket[] {
    const packets: RtcpPacket[] = [];
    for (const [mediaSsrc, waiting] of this.#missing) {
      packets.push({ kind: 'genericNack', ssrc, mediaSsrc, sequences: inOrder(waiting) });
    }
    for (const [mediaSsrc, request] of this.#keyFrames) {
      packets.push(request === 'pli' ? { kind: 'pictureLoss', ssrc, mediaSsrc } : this.#fullIntra(ssrc, mediaSsrc));
    }
    this.#missing.clear();
    this.#keyFrames.clear();
    return packets;
  }

  /** A new request has a new number (RFC 5104 section 4.3.1.1). Numbers of 64 sources are kept. */
  #fullIntra(ssrc: number, asked: number): FullIntra {
    const request = ((this.#requests.get(asked) ?? -1) + 1) & 255;
    this.#requests.delete(asked);
    this.#requests.set(asked, request);
    for (const oldest of this.#requests.keys()) {
      if (this.#requests.size > 64) this.#requests.delete(oldest);
    }
    return { kind: 'fullIntra', ssrc, mediaSsrc: 0, entries: [{ ssrc: asked, request }] };
  }
}

/** Sequence numbers in the order of sending, over a wrap too: then a NACK needs the fewest words. */
function inOrder(sequences: ReadonlySet<number>): number[] {
  const sorted = [...sequences].sort((one, other) => one - other);
  const gap = sorted.findIndex((sequence, index) => index > 0 && sequence - (sorted[index - 1] as number) > 0x8000);
  return gap < 0 ? sorted : [...sorted.slice(gap), ...sorted.slice(0, gap)];
}
