import { FramelaneError } from '../error.js';
import { type NativeUdpSocket, udpCounter, udpRowWords } from '../native/udp.js';
import { native } from '../native.js';
import { checked } from './socket-error.js';

/**
 * Takes one batch: `rows` rows of `table` ({@link rowWords} words each, see {@link rowWord}) say what lies where in
 * `slab`. Both are used again after the call: copy what is kept. `now` is in ms of `performance.now()`.
 */
export type BatchListener = (slab: Uint8Array, table: Uint32Array, rows: number, now: number) => void;

/** Words of a row of a batch. */
export const rowWords = udpRowWords;

export { udpRow as rowWord } from '../native/udp.js';

/** A train has at most 65,507 bytes. */
const rowBytes = 64 << 10;
/** Rows for datagrams that come one by one; memory that no train ever touches is never resident. */
const singleRows = 64;
/** Rows when trains come: a megabyte, which stays in the cache until it was copied out. */
const trainRows = 16;
/** What one turn of the event loop may take: whoever takes the units then finds them in the cache. */
const turnBatches = 4;
const turnMilliseconds = 2;
/** Milliseconds between two warnings about dropped datagrams. */
const warningPause = 10_000;

/** Empties a socket into batches, a bounded number a turn, so that timers and other sockets have theirs. */
export class ReceiveLoop {
  /** Who takes the batches; undefined: nobody, and nothing is read. */
  listener: BatchListener | undefined;
  readonly #socket: NativeUdpSocket;
  readonly #counters: Float64Array;
  readonly #onWarning: ((warning: FramelaneError) => void) | undefined;
  #slab: Uint8Array | undefined;
  readonly #table = new Uint32Array(singleRows * rowWords);
  #rows = trainRows;
  #dropsWarned = 0;
  #nextWarning = 0;

  constructor(socket: NativeUdpSocket, counters: Float64Array, onWarning?: (warning: FramelaneError) => void) {
    this.#socket = socket;
    this.#counters = counters;
    this.#onWarning = onWarning;
  }

  /** Reads what is there, for at most a turn. What is left makes the socket ready again. */
  drain(): void {
    let now = performance.now();
    const end = now + turnMilliseconds;
    for (let batch = 0; batch < turnBatches && this.listener !== undefined && now < end; batch++) {
      const asked = this.#rows;
      const trains = this.#counters[udpCounter.receivedTrains];
      const rows = this.#receive();
      if (rows > 0) this.listener(this.#slab as Uint8Array, this.#table, rows, now);
      // Many single datagrams fill a batch in no time; of trains a few are enough.
      this.#rows = this.#counters[udpCounter.receivedTrains] === trains && rows > 0 ? singleRows : trainRows;
      if (rows < asked) break;
      now = performance.now();
    }
    this.#warn(now);
  }

  #receive(): number {
    this.#slab ??= new Uint8Array(singleRows * rowBytes);
    return checked(native().udpReceive(this.#socket, this.#slab, rowBytes, this.#table, this.#rows), 'receiving');
  }

  #warn(now: number): void {
    const drops = this.#counters[udpCounter.kernelDrops] as number;
    if (drops === this.#dropsWarned || now < this.#nextWarning || this.#onWarning === undefined) return;
    this.#nextWarning = now + warningPause;
    const message = `the kernel dropped ${drops - this.#dropsWarned} datagrams: the receive buffer was full; ask for a larger one (receiveBufferBytes, sysctl net.core.rmem_max), or do less per batch`;
    this.#dropsWarned = drops;
    this.#onWarning(new FramelaneError('LIMIT_EXCEEDED', message, { drops }));
  }
}
