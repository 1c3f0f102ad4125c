import { constants } from 'node:os';
import { FramelaneError } from '../error.js';
import type { SendPlan } from '../rtp/send-plan.js';
import type { UdpAddress } from './address.js';
import type { Pacer } from './pacer.js';
import type { PacketTransform } from './transform.js';

/** One plan on its way out. Plan and data are the queue's until it is done. */
export interface Write {
  readonly plan: SendPlan;
  /** The unit that the plan cuts up. */
  readonly data: Uint8Array;
  /** Where to, when not to whom the socket is connected. */
  readonly to: UdpAddress | undefined;
  /** What is done to each packet. */
  readonly transform: PacketTransform | undefined;
}

/** Whoever brings packets to the kernel. */
export interface Carrier {
  /** Hands over packets of a write, from `first` on, at most `count`. Returns how many were taken. */
  carry(write: Write, first: number, count: number): number;
  /** The errno that ended the last {@link carry} early; 0 when it did not. */
  readonly stopped: number;
  /** Whether {@link SendQueue.run} is to be called when the kernel has room again. */
  awaitRoom(yes: boolean): void;
  /** The error for an errno. */
  failure(errno: number): FramelaneError;
}

/** Clock and timer, to be replaced in tests. Milliseconds. */
export interface QueueClock {
  now(): number;
  /** Calls back once, later; returns what takes that back. */
  after(milliseconds: number, call: () => void): () => void;
}

/** The time of the process. */
export const processClock: QueueClock = {
  now: () => performance.now(),
  after: (milliseconds, call) => {
    const timer = setTimeout(call, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A write in the queue. */
class Waiting {
  /** Packets that the kernel took. */
  sent = 0;
  /** Whether it was first in the queue already. */
  begun = false;

  constructor(
    readonly write: Write,
    readonly done: () => void,
    readonly failed: (error: FramelaneError) => void,
  ) {}
}

const { EAGAIN, ECONNREFUSED, ENOBUFS, ENOMEM } = constants.errno;

/** Whether the same may work a moment later. */
export function isTransient(errno: number): boolean {
  return errno === EAGAIN || errno === ECONNREFUSED || errno === ENOBUFS || errno === ENOMEM;
}

/** What a write that is done at once returns. */
const settled = Promise.resolve();

/** Pause after the kernel was short of memory: it does not tell when it has some again. */
const memoryPause = 1;

/** Writes in the order in which they came, as fast as pacing and the kernel let them go. */
export class SendQueue {
  readonly #carrier: Carrier;
  readonly #pacer: Pacer | undefined;
  readonly #clock: QueueClock;
  readonly #limit: number;
  readonly #writes: Waiting[] = [];
  #cancel: (() => void) | undefined;
  #awaiting = false;
  #running = false;

  /** `limit`: writes that may wait at a time. */
  constructor(carrier: Carrier, pacer: Pacer | undefined, limit: number, clock: QueueClock = processClock) {
    this.#carrier = carrier;
    this.#pacer = pacer;
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Writes that are not done. */
  get length(): number {
    return this.#writes.length;
  }

  /** Resolves when the kernel took every packet; at once when it has room and nothing is paced. */
  add(write: Write): Promise<void> {
    if (this.#writes.length >= this.#limit) {
      const message = `${this.#limit} writes wait already: await each write before the next, or send less`;
      return Promise.reject(new FramelaneError('LIMIT_EXCEEDED', message));
    }
    if (this.#pacer !== undefined) this.#pacer.arrive(this.#clock.now());
    // The usual case, for which nothing is allocated: nobody waits, and the kernel has room.
    const isTried = this.#pacer === undefined && this.#writes.length === 0;
    const sent = isTried ? this.#carrier.carry(write, 0, write.plan.packets) : 0;
    if (sent === write.plan.packets) return settled;
    return new Promise((done, failed) => {
      const waiting = new Waiting(write, done, failed);
      waiting.sent = sent;
      this.#writes.push(waiting);
      const isRefused = isTried && this.#carrier.stopped !== 0;
      if (!isRefused || this.#stopped(waiting, this.#carrier.stopped)) this.run();
    });
  }

  /** Nothing more is sent; what waits fails. */
  close(error: FramelaneError): void {
    this.#rest();
    for (const waiting of this.#writes.splice(0)) waiting.failed(error);
  }

  /** Goes on as far as it can: called when the kernel has room, when a timer ran out, when there is a new write. */
  readonly run = (): void => {
    if (this.#running) return;
    this.#running = true;
    this.#rest();
    try {
      let head = this.#writes[0];
      while (head !== undefined && this.#advance(head)) head = this.#writes[0];
    } finally {
      this.#running = false;
    }
  };

  /** Sends what is due of the first write. True: it is done. False: it will go on later. */
  #advance(waiting: Waiting): boolean {
    const { packets, bytes } = waiting.write.plan;
    const now = this.#pacer === undefined ? 0 : this.#clock.now();
    if (!waiting.begun) this.#pacer?.begin(packets, bytes, now);
    waiting.begun = true;
    const due = this.#pacer?.due(now, this.#writes.length > 1) ?? packets;
    if (due > waiting.sent) {
      waiting.sent += this.#carrier.carry(waiting.write, waiting.sent, due - waiting.sent);
      const errno = this.#carrier.stopped;
      if (errno !== 0) return this.#stopped(waiting, errno);
    }
    if (waiting.sent < packets && this.#pacer !== undefined) {
      this.#sleep(this.#pacer.next(now) - now);
      return false;
    }
    this.#writes.shift();
    waiting.done();
    return true;
  }

  /** What an error of the kernel means: true when the write is over with it. */
  #stopped(waiting: Waiting, errno: number): boolean {
    if (errno === EAGAIN || errno === ECONNREFUSED) {
      this.#awaiting = true;
      this.#carrier.awaitRoom(true);
      return false;
    }
    if (errno === ENOBUFS || errno === ENOMEM) {
      this.#sleep(memoryPause);
      return false;
    }
    this.#writes.shift();
    waiting.failed(this.#carrier.failure(errno));
    return true;
  }

  #sleep(milliseconds: number): void {
    this.#cancel = this.#clock.after(Math.max(0, milliseconds), this.run);
  }

  #rest(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#awaiting) this.#carrier.awaitRoom(false);
    this.#awaiting = false;
  }
}
