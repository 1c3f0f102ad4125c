import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { connect, type Socket } from 'node:net';
import type { TineTransport } from '../tine/net/protocol.js';

/** What a client's socket tells its owner. */
export interface TineSocketEvents {
  opened(): void;
  /** Bytes arrived (TCP, STREAM: cut anywhere; UDP: one datagram). They are valid during the call only. */
  received(bytes: Uint8Array): void;
  /** It ended, broke or could not be opened: told once, and not after `close`. */
  lost(cause?: Error): void;
}

/** A client's socket to one server. */
export interface TineSocket {
  send(bytes: Uint8Array): void;
  /** Sends what is left and closes. */
  close(): void;
  /** Whether the process stays alive for it. */
  keepAlive(yes: boolean): void;
}

/** Bytes read at once: into one buffer, again and again. */
const readBytes = 256 * 1024;
/** Datagrams of several frames: a server does not pace its bursts. */
const datagramBufferBytes = 4 * 1024 * 1024;
/** Time that a closing connection has to get rid of its last bytes, in ms. */
const lingerMilliseconds = 500;

/** Opens a socket of the kind that a transport needs. */
export function openTineSocket(
  transport: TineTransport,
  host: string,
  port: number,
  events: TineSocketEvents,
): TineSocket {
  return transport === 'udp' ? new UdpSocket(host, port, events) : new TcpSocket(host, port, events);
}

class TcpSocket implements TineSocket {
  readonly #socket: Socket;
  #closed = false;

  constructor(host: string, port: number, events: TineSocketEvents) {
    let cause: Error | undefined;
    const callback = (count: number, buffer: Uint8Array) => {
      if (!this.#closed) events.received(buffer.subarray(0, count));
      return true;
    };
    this.#socket = connect({
      host,
      port,
      noDelay: true,
      keepAlive: true,
      onread: { buffer: Buffer.allocUnsafeSlow(readBytes), callback },
    });
    this.#socket.on('connect', () => this.#closed || events.opened());
    this.#socket.on('error', (error) => {
      cause = error;
    });
    this.#socket.on('close', () => this.#closed || events.lost(cause));
  }

  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.end();
    setTimeout(() => this.#socket.destroy(), lingerMilliseconds).unref();
  }

  keepAlive(yes: boolean): void {
    if (yes) this.#socket.ref();
    else this.#socket.unref();
  }
}

class UdpSocket implements TineSocket {
  #socket: DatagramSocket | undefined;
  readonly #events: TineSocketEvents;
  #closed = false;
  #alive = true;

  constructor(host: string, port: number, events: TineSocketEvents) {
    this.#events = events;
    this.#open(host, port).catch((error: Error) => this.#lose(error));
  }

  async #open(host: string, port: number): Promise<void> {
    const { address, family } = await lookup(host);
    if (this.#closed) return;
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4', recvBufferSize: datagramBufferBytes });
    this.#socket = socket;
    socket.on('message', (bytes) => this.#closed || this.#events.received(bytes));
    socket.on('error', (error) => this.#lose(error));
    socket.on('connect', () => {
      if (this.#closed) return;
      this.keepAlive(this.#alive);
      this.#events.opened();
    });
    // Connected: the kernel drops what others than the server send.
    socket.connect(port, address);
  }

  #lose(error: Error): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket?.close();
    this.#events.lost(error);
  }

  send(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket?.send(bytes, () => undefined);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const socket = this.#socket;
    // The cancel sent just before leaves first.
    if (socket !== undefined) setImmediate(() => socket.close());
  }

  keepAlive(yes: boolean): void {
    this.#alive = yes;
    if (yes) this.#socket?.ref();
    else this.#socket?.unref();
  }
}
