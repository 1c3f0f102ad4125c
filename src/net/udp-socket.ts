import { FramelaneError } from '../error.js';
import { type NativeUdpSocket, udpAddressWords, udpCounter, udpCounters, udpEvent, udpOption } from '../native/udp.js';
import { native } from '../native.js';
import type { SendPlan } from '../rtp/send-plan.js';
import { UdpAddress } from './address.js';
import { type Addresses, addressesOf, configure, sizeBuffers } from './open-socket.js';
import type { UdpOptions } from './options.js';
import { Pacer } from './pacer.js';
import { type BatchListener, ReceiveLoop } from './receive-loop.js';
import { type Carrier, isTransient, SendQueue, type Write } from './send-queue.js';
import { checked, socketError } from './socket-error.js';
import { statisticsOf, type UdpStatistics } from './statistics.js';
import type { PacketTransform } from './transform.js';

/** Beside a plan and its data: */
export interface SendOptions {
  /** Where to; default: the remote end that the socket was opened with. */
  readonly to?: UdpAddress;
  /** What is done to each packet on its way. */
  readonly transform?: PacketTransform;
}

const defaultQueuedWrites = 64;

/**
 * A UDP socket for media: it sends whole units by plans, in trains of packets where the kernel takes them, and receives
 * batches. It keeps the process alive while it receives or has something to send, unless {@link unref}.
 */
export class UdpSocket implements Disposable {
  /** Where it receives; after opening with port 0, the port is the one that the system chose. */
  readonly local: UdpAddress;
  /** Whom it sends to by default. */
  readonly remote: UdpAddress | undefined;
  readonly #socket: NativeUdpSocket;
  readonly #counters: Float64Array;
  readonly #receiving: ReceiveLoop;
  readonly #sending: SendQueue;
  /** What is handed to native code as destination: null when the socket is connected. */
  readonly #usual: Uint32Array | null;
  #watched = 0;
  #atClose: AskedFacts | undefined;

  /** Opens a socket. Throws `BAD_ARGUMENT`, `ADDRESS_IN_USE`, `UNREACHABLE`, `UNSUPPORTED`. */
  static async open(options: UdpOptions = {}): Promise<UdpSocket> {
    return new UdpSocket(await addressesOf(options), options);
  }

  private constructor(addresses: Addresses, options: UdpOptions) {
    const { remote, connected } = addresses;
    this.#counters = new Float64Array(udpCounters);
    this.#socket = openNative(addresses.family, this.#counters, (events) => this.#ready(events));
    try {
      configure(this.#socket, addresses, options);
      sizeBuffers(this.#socket, options);
      this.local = this.#localAddress();
    } catch (error) {
      native().udpClose(this.#socket);
      throw error;
    }
    this.remote = remote;
    this.#usual = connected || remote === undefined ? null : remote.words;
    this.#receiving = new ReceiveLoop(this.#socket, this.#counters, options.onWarning);
    const limit = Math.max(1, options.maxQueuedWrites ?? defaultQueuedWrites);
    this.#sending = new SendQueue(this.#carrier(), pacerOf(remote, options), limit);
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#atClose !== undefined;
  }

  /**
   * Sends a unit. Resolves when the kernel has taken all of it: the promise is the back-pressure. Writes leave in the order
   * in which they came. Plan and data must stay as they are until then.
   */
  send(plan: SendPlan, data: Uint8Array, { to, transform }: SendOptions = {}): Promise<void> {
    const unable = this.#unable(to);
    return unable === undefined ? this.#sending.add({ plan, data, to, transform }) : Promise.reject(unable);
  }

  /**
   * Sends one datagram at once, past the queue: control packets, keep-alive. False: the kernel had no room, and it was
   * not sent.
   */
  sendDatagram(bytes: Uint8Array, to?: UdpAddress): boolean {
    const unable = this.#unable(to);
    if (unable !== undefined) throw unable;
    const errno = -native().udpSendDatagram(this.#socket, bytes, to?.words ?? this.#usual);
    if (errno === 0) return true;
    if (isTransient(errno)) return false;
    throw socketError(errno, `sending to ${to ?? this.remote}`);
  }

  /** Gives what arrives to `listener` from now on, in batches; undefined: receives nothing more. */
  receive(listener: BatchListener | undefined): void {
    if (this.closed) throw closedError(this.local);
    this.#receiving.listener = listener;
    this.#watch(udpEvent.readable, listener !== undefined);
  }

  /** What it did so far. */
  get statistics(): UdpStatistics {
    const asked = this.#atClose ?? this.#ask();
    return statisticsOf(this.#counters, { ...asked, queuedWrites: this.#sending.length });
  }

  /** Lets the process end although the socket waits. */
  unref(): this {
    if (!this.closed) native().udpKeepAlive(this.#socket, false);
    return this;
  }

  /** Takes {@link unref} back. */
  ref(): this {
    if (!this.closed) native().udpKeepAlive(this.#socket, true);
    return this;
  }

  /** Closes it: writes that wait fail with `SOCKET_CLOSED`. A second call does nothing. */
  close(): void {
    if (this.closed) return;
    this.#atClose = this.#ask();
    this.#sending.close(closedError(this.local));
    this.#receiving.listener = undefined;
    native().udpClose(this.#socket);
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #ready(events: number): void {
    if ((events & udpEvent.writable) !== 0) this.#sending.run();
    if ((events & udpEvent.readable) !== 0) this.#receiving.drain();
  }

  #watch(event: number, yes: boolean): void {
    const events = yes ? this.#watched | event : this.#watched & ~event;
    if (this.closed || events === this.#watched) return;
    this.#watched = events;
    checked(native().udpWatch(this.#socket, events), `waiting at ${this.local}`);
  }

  #carrier(): Carrier {
    const counters = this.#counters;
    return {
      carry: (write, first, count) => this.#carry(write, first, count),
      get stopped() {
        return counters[udpCounter.sendStopped] as number;
      },
      awaitRoom: (yes) => this.#watch(udpEvent.writable, yes),
      failure: (errno) => socketError(errno, `sending to ${this.remote ?? 'a given address'}`),
    };
  }

  #carry({ plan, data, to, transform }: Write, first: number, count: number): number {
    const { headers, words, wordCount } = plan;
    const where = to?.words ?? this.#usual;
    return native().udpSend(
      this.#socket,
      data,
      headers,
      words,
      wordCount,
      first,
      count,
      where,
      transform?.from(first) ?? null,
    );
  }

  /** Why nothing can be sent. */
  #unable(to: UdpAddress | undefined): FramelaneError | undefined {
    if (this.closed) return closedError(this.local);
    if (to !== undefined) return this.#unfit(to);
    if (this.remote !== undefined) return undefined;
    return new FramelaneError('BAD_ARGUMENT', `whom to send to? Open the socket with \`remote\`, or give \`to\``);
  }

  /** Why nothing can be sent to an address. */
  #unfit(to: UdpAddress): FramelaneError | undefined {
    if (to.port !== 0 && to.family <= this.local.family) return undefined;
    const why = to.port === 0 ? 'sending needs a port from 1 to 65535' : `the socket at ${this.local} is IPv4`;
    return new FramelaneError('BAD_ARGUMENT', `${to}: ${why}`);
  }

  #localAddress(): UdpAddress {
    const words = new Uint32Array(udpAddressWords);
    checked(native().udpLocalAddress(this.#socket, words), 'opening a socket');
    return new UdpAddress(words);
  }

  #ask(): AskedFacts {
    return {
      kernelDrops: native().udpKernelDrops(this.#socket),
      sendBufferBytes: native().udpGet(this.#socket, udpOption.sendBuffer),
      receiveBufferBytes: native().udpGet(this.#socket, udpOption.receiveBuffer),
    };
  }
}

/** What the kernel is asked for when somebody wants to know. */
type AskedFacts = Pick<UdpStatistics, 'kernelDrops' | 'sendBufferBytes' | 'receiveBufferBytes'>;

function openNative(family: number, counters: Float64Array, onReady: (events: number) => void): NativeUdpSocket {
  const socket = native().udpOpen(family, counters, onReady);
  if (typeof socket === 'number') throw socketError(-socket, 'opening a socket');
  return socket;
}

function closedError(local: UdpAddress): FramelaneError {
  return new FramelaneError('SOCKET_CLOSED', `the socket at ${local} was closed: open another`);
}

/** Pacing as asked for; by default for everything but this machine itself. */
function pacerOf(remote: UdpAddress | undefined, { pace, unitInterval }: UdpOptions): Pacer | undefined {
  const wanted = pace ?? (remote !== undefined && !remote.loopback);
  if (wanted === false) return undefined;
  return new Pacer({ interval: unitInterval, ...(wanted === true ? {} : wanted) });
}
