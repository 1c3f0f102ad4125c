import { createServer, type Server, type Socket } from 'node:net';
import { FramelaneError } from '../error.js';
import { TurboJpeg } from '../jpeg/index.js';
import { maximumPortOffset, type TineTransport, tinePort } from '../tine/net/protocol.js';
import type { ServedData } from '../tine/net/subscription.js';
import { type ServerAction, VideoServer, type VideoServerStats } from '../tine/net/video-server.js';
import { AllowList, isLoopback } from './allow-list.js';
import { ServedImage, ServedImages } from './served-image.js';
import type { Source } from './source.js';
import { TineConnection } from './tine-connection.js';
import { DatagramPeer, TineDatagrams } from './tine-datagrams.js';
import { linkClock } from './tine-link-driver.js';

/** What is served, and to whom. */
export interface TineServerOptions {
  /** Frames of any source; the server closes it. */
  readonly source: Source;
  /** Device name, up to 64 characters. */
  readonly device: string;
  /** Property name, up to 64 characters; default `Frame`. */
  readonly property?: string;
  /** Equipment module name, up to 6 characters, case-sensitive; default `FRMEQM`. */
  readonly eqm?: string;
  /** Name of the server process, up to 16 characters; default `FRAMELANE`. */
  readonly fec?: string;
  /** Address to listen on; default 127.0.0.1. Any other than loopback needs `allow`. */
  readonly host?: string;
  /** Port offset, 0..1000: ports 9003 (UDP), 8503 (TCP) and 10003 (STREAM) plus this; default 0. */
  readonly offset?: number;
  /** Clients let in, as `192.0.2.7` or `192.0.2.0/24`; default: everybody who reaches a loopback address. */
  readonly allow?: readonly string[];
  /** Pixels as they are, or JPEG (16-bit gray over its effective range, in 8 bits); default raw. */
  readonly encoding?: 'raw' | 'jpeg';
  /** JPEG quality, 1..100; default 90. */
  readonly quality?: number;
  /** Shortest time between two frames to one subscription, in milliseconds; default 10. */
  readonly minimumInterval?: number;
}

/** Limits of a server. */
export const tineServerLimits = {
  /** TCP and STREAM connections at once. */
  connections: 64,
  /** Subscriptions and waiting reads of one client socket. */
  subscriptionsPerPeer: 16,
  /** Subscriptions and waiting reads in all. */
  subscriptions: 256,
  /** Time that a client may take over one frame before it is cut off, in milliseconds. */
  stallMilliseconds: 10_000,
  /** Time that a connection may be without any traffic, in milliseconds. */
  idleMilliseconds: 600_000,
} as const;

const transports = ['udp', 'tcp', 'stream'] as const;

/**
 * Serves a source's newest frame as a TINE image property, over UDP, TCP and STREAM. Resolves when all three ports are
 * open. Throws `BAD_ARGUMENT`, and `IO` when a port is taken.
 */
export async function serveTine(options: TineServerOptions): Promise<TineVideoServer> {
  const { host = '127.0.0.1', offset = 0, allow } = options;
  checkServerOptions(options);
  const allowed = allow === undefined ? undefined : new AllowList(allow);
  const server = new TineVideoServer(options, (address) => allowed?.allows(address) ?? true);
  try {
    await server.open(host, offset);
  } catch (cause) {
    await server.close();
    const { message } = cause as Error;
    const ports = transports.map((transport) => tinePort(transport, offset)).join(', ');
    const hint = `ports ${ports} must be free; another offset gives others`;
    throw new FramelaneError('IO', `TINE server at ${host}: ${message}; ${hint}`, { subject: host }, { cause });
  }
  return server;
}

function checkServerOptions(options: TineServerOptions): void {
  const { host = '127.0.0.1', offset = 0, allow, device, property = 'Frame', eqm = 'FRMEQM', fec = '' } = options;
  const { minimumInterval = 10, quality = 90 } = options;
  const refuse = (message: string) => {
    throw new FramelaneError('BAD_ARGUMENT', `TINE server: ${message}`);
  };
  const names: [string, string, number][] = [
    ['device', device, 64],
    ['property', property, 64],
    ['eqm', eqm, 6],
    ['fec', fec, 16],
  ];
  for (const [name, text, most] of names) {
    const least = name === 'fec' ? 0 : 1;
    const fits = text.length >= least && text.length <= most && /^[\x20-\x7e]*$/.test(text);
    if (!fits) refuse(`${name} "${text}" must be ASCII of ${least} to ${most} characters`);
  }
  if (!Number.isInteger(offset) || offset < 0 || offset > maximumPortOffset) {
    refuse(`offset ${offset} is not 0..${maximumPortOffset}`);
  }
  if (!(minimumInterval >= 1 && minimumInterval <= 60_000)) refuse('minimumInterval must be 1..60000 ms');
  if (!(quality >= 1 && quality <= 100)) refuse('quality must be 1..100');
  if (!isLoopback(host) && allow === undefined) {
    refuse(`${host} is reached from other machines: say which with allow (for example ["192.0.2.0/24"])`);
  }
}

/** A running server. */
export class TineVideoServer implements AsyncDisposable {
  /** Resolves when the source has ended; the last frame is served on. Rejects when the source fails. */
  readonly ended: Promise<void>;
  readonly #machine: VideoServer;
  readonly #images: ServedImages;
  readonly #source: Source;
  readonly #allows: (address: string) => boolean;
  readonly #abort = new AbortController();
  readonly #connections = new Set<TineConnection>();
  readonly #listeners: Server[] = [];
  readonly #ready: () => void;
  #datagrams: TineDatagrams | undefined;
  #newest: ServedImage | undefined;
  #offset = 0;
  #serial = 0;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #watch: NodeJS.Timeout | undefined;
  #pumping = false;
  #closed = false;

  /** Use {@link serveTine}. */
  constructor(options: TineServerOptions, allows: (address: string) => boolean) {
    const { device, property = 'Frame', eqm = 'FRMEQM', fec = 'FRAMELANE', minimumInterval = 10 } = options;
    const { encoding = 'raw', quality } = options;
    const { subscriptions, subscriptionsPerPeer } = tineServerLimits;
    const startTime = Math.floor(Date.now() / 1000);
    const names = { device, property, eqm, fec };
    const limits = { subscriptions, subscriptionsPerPeer };
    this.#machine = new VideoServer({ ...names, ...limits, minimumInterval, startTime, epoch: 0 });
    const jpeg = encoding === 'jpeg' ? new TurboJpeg() : undefined;
    this.#images = new ServedImages({ jpeg, quality, cameraName: device });
    this.#source = options.source;
    this.#allows = allows;
    let ready = () => {};
    const opened = new Promise<void>((resolve) => {
      ready = resolve;
    });
    this.#ready = ready;
    this.ended = opened.then(() => this.#serveSource());
    this.ended.catch(() => undefined); // whoever asks for `ended` is told
  }

  /** Ports by transport. */
  get ports(): Readonly<Record<TineTransport, number>> {
    const [udp, tcp, stream] = transports.map((transport) => tinePort(transport, this.#offset));
    return { udp, tcp, stream } as Record<TineTransport, number>;
  }

  /** Counters since the start, and what there is now. */
  get stats(): VideoServerStats & { readonly subscriptions: number; readonly connections: number } {
    const { stats, subscriptions } = this.#machine;
    return { ...stats, subscriptions, connections: this.#connections.size };
  }

  /** Opens the ports. Use {@link serveTine}. */
  async open(host: string, offset: number): Promise<void> {
    this.#offset = offset;
    this.#datagrams = await TineDatagrams.bind(host, tinePort('udp', offset));
    for (const transport of ['tcp', 'stream'] as const) {
      const listener = createServer((socket) => this.#accept(transport, socket));
      this.#listeners.push(listener);
      await new Promise<void>((resolve, reject) => {
        listener.on('error', reject); // Later ones concern single connections, which end by themselves.
        listener.listen(tinePort(transport, offset), host, () => resolve());
      });
    }
    this.#datagrams.listen(this.#allows, (peer, message) => this.#onDatagram(peer, message));
    this.#watch = setInterval(() => this.#tidy(), 1000);
    this.#watch.unref();
    this.#ready();
  }

  #accept(transport: 'tcp' | 'stream', socket: Socket): void {
    const full = this.#connections.size >= tineServerLimits.connections;
    if (full || this.#closed || !this.#allows(socket.remoteAddress ?? '')) {
      socket.destroy();
      return;
    }
    socket.setTimeout(tineServerLimits.idleMilliseconds, () => socket.destroy());
    const connection: TineConnection = new TineConnection(transport, this.#serial++, socket, {
      request: (message) => {
        this.#machine.receive(connection, message, linkClock());
        this.#pump();
      },
      taken: () => this.#taken(connection),
      closed: () => {
        this.#connections.delete(connection);
        this.#machine.drop(connection);
      },
    });
    this.#connections.add(connection);
  }

  #onDatagram(peer: DatagramPeer, message: Uint8Array): void {
    try {
      this.#machine.receive(peer, message, linkClock());
    } catch (error) {
      if (!(error instanceof FramelaneError)) throw error; // counted; a datagram that makes no sense is dropped
    }
    this.#pump();
    this.#forgetIfDone(peer);
  }

  #forgetIfDone(peer: DatagramPeer): void {
    if (!peer.busy && !this.#machine.knows(peer)) this.#datagrams?.forget(peer);
  }

  async #serveSource(): Promise<void> {
    for await (const frame of this.#source.frames({ signal: this.#abort.signal })) {
      using _ = frame;
      if (this.#closed) return;
      if (this.#images.exhausted) this.#cutOffOldest();
      const image = this.#images.encode(frame);
      this.#newest?.release();
      this.#newest = image;
      this.#machine.publish(image);
      this.#pump();
    }
  }

  #pump(): void {
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    for (let action = this.#machine.poll(linkClock()); action !== undefined; action = this.#machine.poll(linkClock())) {
      this.#perform(action);
    }
    this.#pumping = false;
    this.#schedule();
  }

  #schedule(): void {
    const { deadline } = this.#machine;
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const pause = Math.min(60_000, Math.max(1, Math.ceil(deadline - linkClock())));
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#pump();
    }, pause);
  }

  #perform(action: ServerAction): void {
    const { peer } = action;
    if (peer instanceof TineConnection) {
      if (action.type === 'message') peer.sendMessage(action.bytes);
      else {
        this.#hold(peer, action.data);
        peer.sendFrame(action.data, action.reply);
      }
    } else if (peer instanceof DatagramPeer) {
      if (action.type === 'message') this.#datagrams?.sendMessage(peer, action.bytes);
      else this.#sendDatagrams(peer, action);
    }
  }

  /** Images that connections are being sent, by connection. */
  readonly #held = new Map<TineConnection, ServedImage>();

  #hold(connection: TineConnection, data: ServedData): void {
    if (!(data instanceof ServedImage)) return;
    data.hold();
    this.#held.set(connection, data);
  }

  #taken(connection: TineConnection): void {
    this.#held.get(connection)?.release();
    this.#held.delete(connection);
    this.#machine.ready(connection);
    this.#pump();
  }

  #sendDatagrams(peer: DatagramPeer, { data, reply }: Extract<ServerAction, { type: 'frame' }>): void {
    const image = data instanceof ServedImage ? data : undefined;
    image?.hold();
    this.#datagrams?.sendFrame(peer, data, reply, () => {
      image?.release();
      this.#machine.ready(peer);
      this.#forgetIfDone(peer);
      this.#pump();
    });
  }

  #tidy(): void {
    this.#cutOffStalled();
    for (const peer of this.#datagrams?.peers ?? []) this.#forgetIfDone(peer);
  }

  /** A client that has not taken a frame for so long is gone, or as good as gone. */
  #cutOffStalled(): void {
    const oldest = performance.now() - tineServerLimits.stallMilliseconds;
    for (const connection of this.#connections) {
      if (connection.busy && connection.busySince < oldest) connection.destroy();
    }
  }

  /** Every image is held by some slow client: the slowest makes room. */
  #cutOffOldest(): void {
    const [slowest] = [...this.#held.keys()].sort((one, other) => one.busySince - other.busySince);
    if (slowest === undefined) return;
    const image = this.#held.get(slowest);
    for (const [connection, held] of this.#held) if (held === image) connection.destroy();
  }

  /** Ends all connections, frees the ports, closes the source; idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#abort.abort();
    for (const connection of this.#connections) connection.destroy();
    this.#datagrams?.close();
    await Promise.all(this.#listeners.map((listener) => new Promise<void>((done) => listener.close(() => done()))));
    await this.#source.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
