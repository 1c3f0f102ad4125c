import { controlTrailerOf, type KeyEpoch } from './key-epoch.js';
import { jobWord, jobWords, type PacketCipher } from './packet-cipher.js';
import { clearControlBytes, writeJob } from './protector.js';
import { ReplayWindow } from './replay-window.js';
import type { UnprotectStatistics } from './unprotector.js';

/** Unprotects SRTCP: packets say their index themselves (RFC 3711 section 3.4). */
export class ControlUnprotector<Cipher extends PacketCipher = PacketCipher> {
  readonly #epochs: readonly KeyEpoch<Cipher>[];
  readonly #statistics: UnprotectStatistics;
  readonly #replayWindow: number;
  readonly #maxStreams: number;
  readonly #windows = new Map<number, ReplayWindow>();
  readonly #job = new Uint32Array(jobWords);

  /** `epochs`: those of the media, which change. */
  constructor(
    epochs: readonly KeyEpoch<Cipher>[],
    statistics: UnprotectStatistics,
    replayWindow: number,
    maxStreams: number,
  ) {
    this.#epochs = epochs;
    this.#statistics = statistics;
    this.#replayWindow = replayWindow;
    this.#maxStreams = maxStreams;
  }

  /** Streams with authentic packets. */
  get streams(): number {
    return this.#windows.size;
  }

  /** A copy of the window of a stream. */
  snapshot(ssrc: number): { readonly highest: number; readonly bits: Int32Array } | undefined {
    return this.#windows.get(ssrc)?.snapshot();
  }

  /** The RTCP packet as a view of the same memory, decrypted in place; undefined when it was refused. */
  unprotect(packet: Uint8Array): Uint8Array | undefined {
    const newest = this.#epochs[0];
    const bytes = packet.length - (newest?.controlGrowth ?? 0);
    if (newest === undefined || bytes < clearControlBytes || (packet[0] as number) >> 6 !== 2) {
      this.#statistics.malformed++;
      return undefined;
    }
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    const ssrc = view.getUint32(4);
    const word = view.getUint32(bytes + controlTrailerOf(newest).word);
    const index = word % 0x8000_0000;
    const window = this.#windows.get(ssrc);
    if (window?.isFresh(index) === false) {
      this.#statistics.replayed++;
      return undefined;
    }
    if (!this.#isAuthentic(packet, bytes, ssrc, word)) return undefined;
    return this.#accept(ssrc, index, window) ? packet.subarray(0, bytes) : undefined;
  }

  #isAuthentic(packet: Uint8Array, bytes: number, ssrc: number, word: number): boolean {
    const named = this.#epochs.filter((epoch) => epoch.isNamed(packet, bytes + controlTrailerOf(epoch).mki));
    if (named.some((epoch) => this.#open(epoch, packet, bytes, ssrc, word))) return true;
    if (named.length === 0) this.#statistics.unknownKeys++;
    else this.#statistics.forged++;
    return false;
  }

  #open(epoch: KeyEpoch<Cipher>, packet: Uint8Array, bytes: number, ssrc: number, word: number): boolean {
    writeJob(this.#job, 0, 0, {
      bytes,
      clear: word >= 0x8000_0000 ? clearControlBytes : bytes,
      tagAt: bytes + controlTrailerOf(epoch).tag,
      ssrc,
      index: word % 0x8000_0000,
      extra: word,
    });
    return epoch.control.open(packet, this.#job, 1) && this.#job[jobWord.authentic] === 1;
  }

  #accept(ssrc: number, index: number, known: ReplayWindow | undefined): boolean {
    if (known === undefined && this.#windows.size >= this.#maxStreams) {
      this.#statistics.refusedStreams++;
      return false;
    }
    const window = known ?? new ReplayWindow(this.#replayWindow);
    window.accept(index);
    this.#windows.set(ssrc, window);
    this.#statistics.controlPackets++;
    return true;
  }
}
