import { FramelaneError } from '../../../src/error.js';
import { allocateFrame } from '../../../src/frame/index.js';
import { encodeImage } from '../../../src/tine/index.js';
import { ClientLink } from '../../../src/tine/net/client-link.js';
import {
  cutIntoBlocks,
  encodeReplyHeaders,
  replyHeaderBytes,
  smallBlockBytes,
} from '../../../src/tine/net/frame-reply.js';
import { defaultLinkOptions, type LinkOptions } from '../../../src/tine/net/link-options.js';
import type { TineTransport } from '../../../src/tine/net/protocol.js';
import type { ServedData, ServerPeer } from '../../../src/tine/net/subscription.js';
import { type ServerAction, VideoServer, type VideoServerOptions } from '../../../src/tine/net/video-server.js';

/** Names that client and server of these tests use. */
export const names = { eqm: 'IMGEQM', device: 'CAM0', property: 'Frame' };

/** An image to serve: gray8, 8 x 6 unless told otherwise. */
export function served(number: number, width = 8, height = 6): ServedData {
  const frame = allocateFrame(
    { format: 'gray8', width, height },
    { sequence: number, captureTime: BigInt(number) * 1_000_000n },
  );
  return { bytes: encodeImage(frame), seconds: 1000 + number, microseconds: 0 };
}

/** A server of these tests. */
export function server(options: Partial<VideoServerOptions> = {}): VideoServer {
  const limits = { subscriptionsPerPeer: 16, subscriptions: 256, minimumInterval: 10 };
  return new VideoServer({
    ...names,
    ...limits,
    fec: 'TEST',
    startTime: 1_700_000_000,
    epoch: 1_700_000_000_000,
    ...options,
  });
}

/** A client of a server. */
export function peer(transport: TineTransport = 'tcp', key: string = transport): ServerPeer {
  return { transport, key, busy: false, blockBytes: smallBlockBytes };
}

/** A link of these tests. */
export function link(options: Partial<LinkOptions> = {}): ClientLink {
  return new ClientLink({ ...defaultLinkOptions, target: names, starttime: 1_700_000_000, ...options });
}

/** What a server's action puts on the wire, message by message. */
export function messagesOf(action: ServerAction): Uint8Array[] {
  if (action.type === 'message') return [action.bytes];
  const { bytes } = action.data;
  const headers = encodeReplyHeaders(bytes.length, action.reply);
  const { count, size } = cutIntoBlocks(bytes.length, action.reply.blockBytes);
  return Array.from({ length: count }, (_, index) => {
    const header = headers.subarray(index * replyHeaderBytes, (index + 1) * replyHeaderBytes);
    return new Uint8Array(Buffer.concat([header, bytes.subarray(index * size, (index + 1) * size)]));
  });
}

/** One link and one server, wired up without a delay, on a clock that the test moves. */
export class SimulatedLink {
  now = 0;
  readonly log: string[] = [];
  readonly errors: FramelaneError[] = [];
  images = 0;
  #peer: ServerPeer | undefined;
  #connections = 0;
  /** Whether connecting works. */
  reachable = true;
  /** Whether what the server sends arrives. */
  deaf = false;
  onImage: (image: { release(): void; bytes: Uint8Array }) => void = (image) => image.release();

  constructor(
    readonly link: ClientLink,
    public server: VideoServer,
  ) {}

  /** Does everything that is due now. */
  settle(): void {
    for (let moved = true; moved; ) {
      moved = this.#stepLink();
      moved = this.#stepServer() || moved;
    }
  }

  /** Lets time pass, stopping at each deadline. */
  pass(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (this.settle(); ; this.settle()) {
      const next = Math.min(this.link.deadline, this.server.deadline);
      if (next > end) break;
      this.now = Math.max(this.now, next);
    }
    this.now = end;
  }

  /** Breaks the connection: the server forgets, the client notices. */
  cut(): void {
    if (this.#peer !== undefined) this.server.drop(this.#peer);
    this.#peer = undefined;
    this.link.lost(this.now);
  }

  #stepLink(): boolean {
    const action = this.link.poll(this.now);
    if (action === undefined) return false;
    this.log.push(action.type);
    if (action.type === 'open') this.#open(action.transport);
    else if (action.type === 'send') this.#toServer(action.bytes);
    else if (action.type === 'close') this.#close();
    else if (action.type === 'image') {
      this.images++;
      this.onImage(action.image);
    } else this.errors.push(action.error);
    return true;
  }

  #open(transport: TineTransport): void {
    if (!this.reachable) {
      this.link.lost(this.now, new Error('refused'));
      return;
    }
    this.#peer = peer(transport, `${transport} ${this.#connections++}`);
    this.link.opened(this.now);
  }

  #close(): void {
    if (this.#peer !== undefined && this.#peer.transport !== 'udp') this.server.drop(this.#peer);
    this.#peer = undefined;
  }

  #toServer(bytes: Uint8Array): void {
    if (this.#peer === undefined) throw new FramelaneError('BAD_ARGUMENT', 'send without a connection');
    this.server.receive(this.#peer, bytes, this.now);
  }

  #stepServer(): boolean {
    const action = this.server.poll(this.now);
    if (action === undefined) return false;
    this.server.ready(action.peer);
    if (action.peer !== this.#peer || this.deaf) return true;
    for (const message of messagesOf(action)) {
      if (this.#peer.transport === 'udp') this.link.receiveDatagram(message, this.now);
      else this.link.receive(message, this.now);
    }
    return true;
  }
}
