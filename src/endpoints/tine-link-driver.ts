import type { FramelaneError } from '../error.js';
import { ClientLink } from '../tine/net/client-link.js';
import type { LinkAction } from '../tine/net/link-action.js';
import type { LinkOptions } from '../tine/net/link-options.js';
import { type TineTransport, tinePort } from '../tine/net/protocol.js';
import type { ReceivedImage } from '../tine/net/received-image.js';
import type { TineHost } from './tine-address.js';
import { openTineSocket, type TineSocket } from './tine-socket.js';

/** What a driven link tells its owner. */
export interface LinkEvents {
  image(image: ReceivedImage): void;
  trouble(error: FramelaneError): void;
  failed(error: FramelaneError): void;
}

/** Milliseconds since 1970 UTC that never go backwards: the clock of links and servers. */
export function linkClock(): number {
  return performance.timeOrigin + performance.now();
}

/** Longest sleep of a Node timer, in ms. */
const longestSleep = 0x7fff_ffff;

/** Gives a link its socket and its clock. */
export class LinkDriver {
  readonly link: ClientLink;
  readonly #locate: () => Promise<TineHost>;
  readonly #events: LinkEvents;
  #socket: TineSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  /** Numbers the openings: a late answer to an earlier one is not taken for the latest. */
  #opening = 0;
  #pumping = false;

  /** `locate` is asked at each connection: a server that moved is found again. */
  constructor(options: LinkOptions, locate: () => Promise<TineHost>, events: LinkEvents) {
    this.link = new ClientLink(options);
    this.#locate = locate;
    this.#events = events;
  }

  /** Subscribes, or asks for one image. */
  start(): void {
    this.#socket?.keepAlive(true);
    this.link.start(linkClock());
    this.#pump();
  }

  /** Nothing is awaited: the process need not stay alive for the connection. */
  rest(): void {
    this.#socket?.keepAlive(false);
    if (this.link.deadline !== Number.POSITIVE_INFINITY) return;
    clearTimeout(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  /** Cancels and closes. */
  close(): void {
    this.link.close(linkClock());
    this.#pump();
    clearTimeout(this.#timer);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    for (let action = this.#next(); action !== undefined; action = this.#next()) this.#perform(action);
    this.#pumping = false;
    this.#schedule();
  }

  #next(): LinkAction | undefined {
    return this.link.poll(linkClock());
  }

  /** Deadlines mostly move into the future: a timer that is early asks again, which is cheaper than a new one. */
  #schedule(): void {
    const { deadline } = this.link;
    if (deadline >= this.#timerAt) return;
    clearTimeout(this.#timer);
    this.#timerAt = deadline;
    const pause = Math.min(longestSleep, Math.max(1, Math.ceil(deadline - linkClock())));
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#pump();
    }, pause);
  }

  #perform(action: LinkAction): void {
    switch (action.type) {
      case 'open':
        void this.#open(action.transport);
        break;
      case 'send':
        this.#socket?.send(action.bytes);
        break;
      case 'close':
        this.#opening++;
        this.#socket?.close();
        this.#socket = undefined;
        break;
      case 'image':
        this.#events.image(action.image);
        break;
      default:
        this.#events[action.type](action.error);
    }
  }

  async #open(transport: TineTransport): Promise<void> {
    this.#opening++;
    const opening = this.#opening;
    const current = () => opening === this.#opening;
    const tell = (how: () => void) => {
      if (!current()) return;
      how();
      this.#pump();
    };
    const datagrams = transport === 'udp';
    try {
      const { host, portOffset } = await this.#locate();
      if (!current()) return;
      this.#socket = openTineSocket(transport, host, tinePort(transport, portOffset), {
        opened: () => tell(() => this.link.opened(linkClock())),
        lost: (cause) => tell(() => this.#lost(cause)),
        received: (bytes) =>
          tell(() => {
            if (datagrams) this.link.receiveDatagram(bytes, linkClock());
            else this.link.receive(bytes, linkClock());
          }),
      });
    } catch (cause) {
      tell(() => this.#lost(cause as Error));
    }
  }

  #lost(cause: Error | undefined): void {
    this.#socket = undefined;
    this.link.lost(linkClock(), cause);
  }
}
