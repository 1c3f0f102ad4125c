import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import {
  cutIntoBlocks,
  encodeReplyHeaders,
  type FrameReply,
  replyHeaderBytes,
  smallBlockBytes,
} from '../tine/net/frame-reply.js';
import type { ServedData, ServerPeer } from '../tine/net/subscription.js';

/** Whoever sends requests from one address and port. */
export class DatagramPeer implements ServerPeer {
  readonly transport = 'udp';
  readonly key: string;
  busy = false;
  blockBytes = smallBlockBytes;

  constructor(
    readonly address: string,
    readonly port: number,
  ) {
    this.key = `udp ${address} ${port}`;
  }
}

/** The UDP side of a server: one socket, and a peer for each address that something is being sent to. */
export class TineDatagrams {
  readonly #socket: Socket;
  readonly #peers = new Map<string, DatagramPeer>();
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined); // of a single send; the socket stays usable
  }

  /** Binds. Rejects with the system's error. */
  static async bind(host: string, port: number): Promise<TineDatagrams> {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4', sendBufferSize: 1 << 20 });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    return new TineDatagrams(socket);
  }

  /** Calls `take` with each datagram that comes from an address `allows` lets through. */
  listen(allows: (address: string) => boolean, take: (peer: DatagramPeer, message: Uint8Array) => void): void {
    this.#socket.on('message', (message: Uint8Array, from: RemoteInfo) => {
      if (allows(from.address)) take(this.#peer(from), message);
    });
  }

  #peer({ address, port }: RemoteInfo): DatagramPeer {
    const fresh = new DatagramPeer(address, port);
    const peer = this.#peers.get(fresh.key) ?? fresh;
    this.#peers.set(peer.key, peer);
    return peer;
  }

  /** Peers that something is being sent to, or was a moment ago. */
  get peers(): Iterable<DatagramPeer> {
    return this.#peers.values();
  }

  /** Forgets a peer: nothing is being sent to it any more. */
  forget(peer: DatagramPeer): void {
    this.#peers.delete(peer.key);
  }

  /** Sends a small answer. */
  sendMessage(peer: DatagramPeer, bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.send(bytes, peer.port, peer.address, () => undefined);
  }

  /** Sends a frame, a datagram a block, and calls `done` when all are out. */
  sendFrame(peer: DatagramPeer, data: ServedData, reply: FrameReply, done: () => void): void {
    const { count, size } = cutIntoBlocks(data.bytes.length, reply.blockBytes);
    if (this.#closed) {
      done();
      return;
    }
    const headers = encodeReplyHeaders(data.bytes.length, reply);
    let left = count;
    const sent = () => {
      left--;
      if (left === 0) done();
    };
    for (let index = 0; index < count; index++) {
      const header = headers.subarray(index * replyHeaderBytes, (index + 1) * replyHeaderBytes);
      const block = data.bytes.subarray(index * size, (index + 1) * size);
      this.#socket.send([header, block], peer.port, peer.address, sent);
    }
  }

  /** Closes the socket; idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }
}
