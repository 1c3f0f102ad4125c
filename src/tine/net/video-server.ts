import { FramelaneError } from '../../error.js';
import { contractKey } from './contract.js';
import { type FrameReply, largeBlockBytes } from './frame-reply.js';
import { framelaneUserType } from './link-request.js';
import { baseModes, tineFormats, tineProtocol } from './protocol.js';
import { type ServedNames, servedProperty, sizeRefusal } from './refusal.js';
import { decodeRequest, type Subrequest } from './request.js';
import { encodeResponse, encodeStatus } from './response.js';
import { returnCode, tineCodes } from './return-code.js';
import { type ServedData, type ServerPeer, Subscription, termFrames } from './subscription.js';

/** What a server tells the one who owns its sockets to do. */
export type ServerAction =
  /** A whole message, small. */
  | { readonly type: 'message'; readonly peer: ServerPeer; readonly bytes: Uint8Array }
  /** A frame: its blocks, each behind its header (`encodeReplyHeaders`). Call `ready` when the peer has taken it. */
  | { readonly type: 'frame'; readonly peer: ServerPeer; readonly data: ServedData; readonly reply: FrameReply };

/** How a server serves. */
export interface VideoServerOptions extends ServedNames {
  /** Name of the server process, up to 16 characters, upper case by habit. */
  readonly fec: string;
  /** Shortest time between frames to one subscription, in milliseconds. */
  readonly minimumInterval: number;
  /** UTC seconds at which the server started. */
  readonly startTime: number;
  /** UTC milliseconds when `now` was 0. */
  readonly epoch: number;
  /** Subscriptions and waiting reads of one peer. */
  readonly subscriptionsPerPeer: number;
  /** Subscriptions and waiting reads in all. */
  readonly subscriptions: number;
}

/** Counters of a server, since it began. */
export interface VideoServerStats {
  /** Frames sent, to all together. */
  frames: number;
  /** New frames that a slow client missed. */
  dropped: number;
  /** Requests refused. */
  refused: number;
  /** Requests that made no sense. */
  damaged: number;
}

/** A wish for less than the minimum is raised to it as long as that cannot look like silence to the client. */
const unnoticedRaise = 250;

/**
 * The server's side: who is subscribed, when whom to send what. No socket and no clock: requests, frames and `now`
 * (milliseconds, any origin) are handed in, `poll(now)` says what to do, `deadline` when to call again.
 */
export class VideoServer {
  readonly stats: VideoServerStats = { frames: 0, dropped: 0, refused: 0, damaged: 0 };
  readonly #options: VideoServerOptions;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #actions: ServerAction[] = [];
  readonly #start: ServedData;
  #image: ServedData | undefined;
  #serial = 0;

  constructor(options: VideoServerOptions) {
    this.#options = options;
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setInt32(0, options.startTime, true);
    this.#start = { bytes, seconds: options.startTime, microseconds: 0 };
  }

  /** Subscriptions and waiting reads there are. */
  get subscriptions(): number {
    return this.#subscriptions.size;
  }

  /** Whether a peer has any of them. */
  knows(peer: ServerPeer): boolean {
    for (const subscription of this.#subscriptions.values()) if (subscription.peer === peer) return true;
    return false;
  }

  /** The newest frame: what everybody gets from now on. */
  publish(image: ServedData): void {
    for (const subscription of this.#subscriptions.values()) {
      if (subscription.property !== 'image' || subscription.single) continue;
      if (subscription.waiting) this.stats.dropped++;
      subscription.waiting = subscription.peer.busy;
    }
    this.#image = image;
  }

  /** A whole request. Throws `TINE_PROTOCOL` when it is none; nothing of it is done then. */
  receive(peer: ServerPeer, message: Uint8Array, now: number): void {
    try {
      const request = decodeRequest(message);
      if (request.userType === framelaneUserType && peer.transport === 'tcp') peer.blockBytes = largeBlockBytes;
      for (const sub of request.subrequests) this.#onSubrequest(peer, sub, now);
    } catch (error) {
      if (error instanceof FramelaneError) this.stats.damaged++;
      throw error;
    }
  }

  #onSubrequest(peer: ServerPeer, sub: Subrequest, now: number): void {
    const base = sub.mode & 0xf;
    const key = `${peer.key} ${contractKey(sub.contract)}`;
    if (base === baseModes.cancel) {
      this.#subscriptions.delete(key);
      return;
    }
    const property = servedProperty(sub, this.#options);
    const known: number[] = [baseModes.single, baseModes.dataChange, baseModes.timer, baseModes.event];
    if (typeof property === 'number') this.#refuse(peer, sub, property, now);
    else if (!known.includes(base)) this.#refuse(peer, sub, tineCodes.illegalMode, now);
    else if (base === baseModes.single) {
      this.#add(`${key} ${this.#serial++}`, new Subscription(peer, property, sub, true, now, 0, 1), sub, now);
    } else this.#subscribe(key, peer, property, sub, now);
  }

  #subscribe(key: string, peer: ServerPeer, property: Subscription['property'], sub: Subrequest, now: number): void {
    const { minimumInterval } = this.#options;
    if (minimumInterval - sub.interval > unnoticedRaise) {
      this.#refuse(peer, sub, tineCodes.invalidInterval, now, minimumInterval);
      return;
    }
    const interval = Math.max(minimumInterval, sub.interval);
    const counter = termFrames(interval, (this.#serial++ * 37) % 100);
    const present = this.#subscriptions.get(key);
    if (present !== undefined) present.renew(sub, interval, counter);
    else this.#add(key, new Subscription(peer, property, sub, false, now, interval, counter), sub, now);
  }

  #add(key: string, subscription: Subscription, sub: Subrequest, now: number): void {
    const { peer } = subscription;
    let ofPeer = 0;
    for (const other of this.#subscriptions.values()) if (other.peer === peer) ofPeer++;
    const full = this.#subscriptions.size >= this.#options.subscriptions;
    if (full || ofPeer >= this.#options.subscriptionsPerPeer) {
      this.#refuse(peer, sub, tineCodes.resourcesExhausted, now);
    } else this.#subscriptions.set(key, subscription);
  }

  #refuse(
    peer: ServerPeer,
    sub: Pick<Subrequest, 'id' | 'starttime' | 'contract'>,
    code: number,
    now: number,
    stamp = 0,
  ) {
    this.stats.refused++;
    this.#sendStatus(peer, sub, code, now, { counter: 0, blknum: 0, systemStamp: stamp });
  }

  #sendStatus(
    peer: ServerPeer,
    to: Pick<Subrequest, 'id' | 'starttime' | 'contract'>,
    code: number,
    now: number,
    fields: { counter: number; blknum: number; systemStamp: number },
  ): void {
    const utc = this.#options.epoch + now;
    const seconds = Math.floor(utc / 1000);
    const header = {
      id: to.id,
      retCode: code,
      numblks: 1,
      mtu: 0,
      format: to.contract.formatOut,
      protocol: tineProtocol,
      reason: 0,
      starttime: to.starttime,
      statusBytes: 192,
      statusCode: 0,
      seconds,
      microseconds: Math.floor((utc - seconds * 1000) * 1000),
      userStamp: 0,
      dataSize: to.contract.sizeOut,
      reserved: 0,
      ...fields,
    };
    const bytes = encodeResponse(this.#options.fec, header, encodeStatus(returnCode(code).name));
    this.#actions.push({ type: 'message', peer, bytes });
  }

  /** A peer has taken its frame and may get the next. */
  ready(peer: ServerPeer): void {
    peer.busy = false;
  }

  /** A peer is gone, and its subscriptions with it. */
  drop(peer: ServerPeer): void {
    for (const [key, subscription] of this.#subscriptions) {
      if (subscription.peer === peer) this.#subscriptions.delete(key);
    }
  }

  /** What to do next; undefined when there is nothing left for now. */
  poll(now: number): ServerAction | undefined {
    if (this.#actions.length === 0) this.#serveDue(now);
    return this.#actions.shift();
  }

  /** When `poll` must be called again; Infinity when nothing is awaited. Busy peers call `ready` instead. */
  get deadline(): number {
    if (this.#actions.length > 0) return Number.NEGATIVE_INFINITY;
    let deadline = Number.POSITIVE_INFINITY;
    for (const subscription of this.#subscriptions.values()) {
      if (!subscription.peer.busy) deadline = Math.min(deadline, this.#dueAt(subscription));
    }
    return deadline;
  }

  #dataOf(subscription: Subscription): ServedData | undefined {
    return subscription.property === 'image' ? this.#image : this.#start;
  }

  #dueAt(subscription: Subscription): number {
    const data = this.#dataOf(subscription);
    return data === undefined ? subscription.notReadyAt : subscription.dueAt(data);
  }

  #serveDue(now: number): void {
    for (const [key, subscription] of this.#subscriptions) {
      if (subscription.peer.busy || this.#dueAt(subscription) > now) continue;
      const over = this.#serve(subscription, now);
      if (over) this.#subscriptions.delete(key);
      // The next in turn starts behind this one: peers with several subscriptions get each of them.
      else if (subscription.peer.busy) this.#moveBehind(key, subscription);
    }
  }

  #moveBehind(key: string, subscription: Subscription): void {
    this.#subscriptions.delete(key);
    this.#subscriptions.set(key, subscription);
  }

  /** Sends what there is. Returns whether the subscription is over. */
  #serve(subscription: Subscription, now: number): boolean {
    const { peer, contract, counter } = subscription;
    const data = this.#dataOf(subscription);
    if (data === undefined) {
      const fields = {
        counter: subscription.single ? 0 : counter,
        blknum: subscription.single ? 0 : 1,
        systemStamp: 0,
      };
      this.#sendStatus(peer, subscription, tineCodes.notReady, now, fields);
      return subscription.notReady(now);
    }
    const isImage = subscription.property === 'image';
    const refusal = isImage ? sizeRefusal(contract, peer.transport, data.bytes.length) : 0;
    if (refusal !== 0) {
      this.#refuse(peer, subscription, refusal, now);
      return true;
    }
    this.#sendFrame(subscription, data, isImage ? tineFormats.image : tineFormats.int32);
    return subscription.sent(data, now);
  }

  #sendFrame(subscription: Subscription, data: ServedData, format: number): void {
    const { peer, id, starttime, counter, contract } = subscription;
    const { seconds, microseconds } = data;
    const { fec } = this.#options;
    const blockBytes = peer.transport === 'stream' ? Number.POSITIVE_INFINITY : peer.blockBytes;
    const reply = {
      fec,
      id,
      starttime,
      counter,
      format,
      dataSize: contract.sizeOut,
      seconds,
      microseconds,
      blockBytes,
    };
    subscription.waiting = false;
    peer.busy = true;
    this.stats.frames++;
    this.#actions.push({ type: 'frame', peer, data, reply });
  }
}
