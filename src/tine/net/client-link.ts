import { FramelaneError } from '../../error.js';
import { BackOff } from './back-off.js';
import { ImageDelivery } from './image-delivery.js';
import { ImagePool } from './image-pool.js';
import { Inbox, type InboxListener } from './inbox.js';
import { type LinkAction, newLinkStats } from './link-action.js';
import { connectTimeoutError, lostError, silenceError, tooManyHeldError, zeroBodyError } from './link-error.js';
import { checkLinkOptions, type LinkOptions } from './link-options.js';
import { LinkRequest } from './link-request.js';
import { LinkTimes } from './link-times.js';
import { maximumBodyBytes, maximumResponseBytes, type TineTransport } from './protocol.js';
import type { AssembledBody } from './reassembly.js';
import { imageLength, isZeroBody } from './received-image.js';
import { Renewal } from './renewal.js';
import type { BlockHeader } from './response.js';
import { ResponseReader, readDatagram } from './response-reader.js';
import { returnCode, statusError } from './return-code.js';

const connectTimeout = 5000;
/** Unanswered repeats on one TCP connection before it is given up as dead. */
const silencesPerConnection = 3;
/** Times in a row that a link does as the server asks (interval, capacity, TCP) before it gives up. */
const mostAdaptations = 8;

type LinkState = 'idle' | 'opening' | 'asking' | 'receiving' | 'waiting' | 'failed' | 'closed';

/**
 * The client's side of one subscription, or of repeated single reads, on a socket of its own. No socket and no clock:
 * bytes and `now` (milliseconds, any origin) are handed in, `poll(now)` says what to do, `deadline` when to call again.
 *
 *     idle -> opening -> asking -> receiving     images flow, renewed before the counter runs out
 *                 \         |  \-> idle          a single read was answered
 *                  \-> waiting <-/               a pause before the next attempt
 */
export class ClientLink {
  /** Counters since the link began. */
  readonly stats = newLinkStats();

  readonly #options: LinkOptions;
  readonly #subject: string;
  readonly #request: LinkRequest;
  readonly #pool: ImagePool;
  readonly #inbox: Inbox;
  readonly #delivery: ImageDelivery;
  readonly #times: LinkTimes;
  readonly #renewal = new Renewal();
  readonly #backOff = new BackOff();
  readonly #actions: LinkAction[] = [];
  #reader: ResponseReader;

  #state: LinkState = 'idle';
  #open = false;
  #openedAs: TineTransport | undefined;
  /** Whether the connection was there before this single read. */
  #reused = false;
  #now = 0;
  #silences = 0;
  #adaptations = 0;
  #lastError: FramelaneError | undefined;

  /** Throws `BAD_ARGUMENT` about options that cannot be. */
  constructor(options: LinkOptions) {
    checkLinkOptions(options);
    const { eqm, device, property } = options.target;
    this.#options = options;
    this.#subject = `${eqm}/${device}/${property}`;
    this.#times = new LinkTimes(options);
    this.#request = new LinkRequest(options);
    this.#request.ask(); // names that do not fit are found here, not when the connection stands
    const limit = maximumBodyBytes(options.capacity);
    this.#pool = new ImagePool(options.buffers, limit);
    this.#inbox = new Inbox(this.#pool.make(), limit, this.#listener());
    const distinct = options.distinct && options.mode === 'timer';
    this.#delivery = new ImageDelivery(this.#pool, this.stats, distinct);
    this.#reader = this.#newReader();
  }

  get #single(): boolean {
    return this.#options.mode === 'single';
  }

  get #asked(): boolean {
    return this.#state === 'asking' || this.#state === 'receiving';
  }

  #listener(): InboxListener {
    return {
      awaited: () => (this.#asked ? { id: this.#options.id, starttime: this.#request.starttime } : undefined),
      heard: () => {
        this.#times.heard = this.#now;
      },
      status: (header, text) => this.#onStatus(header, text),
      body: (body) => this.#onBody(body),
    };
  }

  #newReader(): ResponseReader {
    return new ResponseReader(this.#inbox, maximumResponseBytes(this.#request.transport, this.#request.capacity));
  }

  /** Subscribes, or asks for one image. Throws `BAD_ARGUMENT` while the link is busy. */
  start(now: number): void {
    if (this.#state !== 'idle') throw new FramelaneError('BAD_ARGUMENT', 'this TINE link is busy or closed');
    this.#now = now;
    this.#times.started = now;
    this.#lastError = undefined;
    this.#adaptations = 0;
    this.#silences = 0;
    this.#reused = this.#open;
    this.#rename();
    this.#askOrReopen();
  }

  /** The connection stands, or the socket is bound. */
  opened(now: number): void {
    if (this.#state !== 'opening') return;
    this.#now = now;
    this.#open = true;
    this.#silences = 0;
    this.stats.connections++;
    this.#openedAs = this.#request.transport;
    this.#reader = this.#newReader();
    this.#ask();
  }

  /** The connection broke, ended or could not be made. */
  lost(now: number, cause?: Error): void {
    this.#now = now;
    const opened = this.#open;
    this.#open = false;
    if (!this.#active) return;
    const insideImage = this.#reader.insideMessage || this.#inbox.reassembly.partial;
    const offset = opened ? this.#reader.offset : 0;
    const error = lostError(this.#subject, { opened, offset, insideImage }, cause);
    this.#forgetFrame();
    if (!this.#single) this.#retryLater(error);
    else if (this.#reused) this.#reopenReused();
    else this.#fail(error);
  }

  /** A connection kept from an earlier read may have died in between: that is no fault of this read. */
  #reopenReused(): void {
    this.#reused = false;
    this.#reopen();
  }

  /** The next bytes from TCP or STREAM, cut anywhere. */
  receive(bytes: Uint8Array, now: number): void {
    if (!this.#open) return;
    this.#now = now;
    try {
      this.#reader.push(bytes);
    } catch (error) {
      this.#onViolation(error as FramelaneError);
    }
  }

  /** One datagram from the server. */
  receiveDatagram(bytes: Uint8Array, now: number): void {
    if (!this.#open) return;
    this.#now = now;
    try {
      readDatagram(bytes, this.#inbox);
    } catch (error) {
      this.stats.damaged++;
      this.#trouble(error as FramelaneError);
    }
  }

  /** A stream that made no sense once has lost its framing for good. */
  #onViolation(error: FramelaneError): void {
    this.stats.damaged++;
    this.#closeConnection();
    if (!this.#active) return;
    if (this.#single || this.#times.lastImage === undefined) this.#fail(error);
    else this.#retryLater(error);
  }

  /** What to do next; undefined when there is nothing left for now. */
  poll(now: number): LinkAction | undefined {
    this.#now = now;
    if (this.#actions.length === 0 && now >= this.deadline) this.#onDeadline();
    return this.#actions.shift();
  }

  /** When `poll` must be called again, on the clock of `now`; Infinity when nothing is awaited. */
  get deadline(): number {
    if (!this.#active) return Number.POSITIVE_INFINITY;
    const { wake, giveUpAt } = this.#times;
    const repeatAt = this.#times.repeatAt(this.#request.interval, this.#state === 'asking');
    return Math.min(this.#asked ? repeatAt : wake, giveUpAt);
  }

  get #active(): boolean {
    return this.#state !== 'idle' && this.#state !== 'failed' && this.#state !== 'closed';
  }

  #onDeadline(): void {
    if (this.#now >= this.#times.giveUpAt) this.#fail(this.#lastError ?? this.#silenceError());
    else if (this.#asked) this.#onSilence();
    else if (this.#state === 'opening') this.#onConnectTimeout();
    else this.#askOrReopen();
  }

  #askOrReopen(): void {
    if (this.#open) this.#ask();
    else this.#reopen();
  }

  #onConnectTimeout(): void {
    const error = connectTimeoutError(this.#subject, connectTimeout);
    if (this.#single) {
      this.#fail(error);
      return;
    }
    this.#actions.push({ type: 'close' });
    this.#retryLater(error);
  }

  #silenceError(): FramelaneError {
    const { partial, received } = this.#inbox.reassembly;
    return silenceError(this.#subject, partial, received);
  }

  #onSilence(): void {
    const error = this.#silenceError();
    this.#forgetFrame();
    this.#silences++;
    if (this.#silences >= silencesPerConnection && this.#request.transport !== 'udp') {
      this.#closeConnection();
      this.#retryLater(error);
      return;
    }
    this.#trouble(error);
    // A repeated single read gets a name of its own: late blocks of the first try must not be mixed in.
    if (this.#single) this.#rename();
    this.#ask();
  }

  /** A new name for what is asked next; the same image may then come again. */
  #rename(): void {
    this.#request.renew();
    this.#forgetFrame();
  }

  #ask(): void {
    this.#state = 'asking';
    this.#times.heard = this.#now;
    this.#renewal.begin();
    this.#actions.push({ type: 'send', bytes: this.#request.ask() });
  }

  #reopen(): void {
    this.#state = 'opening';
    this.#times.wake = this.#now + connectTimeout;
    this.#actions.push({ type: 'open', transport: this.#request.transport });
  }

  #closeConnection(): void {
    this.#forgetFrame();
    if (this.#open || this.#state === 'opening') this.#actions.push({ type: 'close' });
    this.#open = false;
  }

  #forgetFrame(): void {
    this.#inbox.reset();
    this.stats.incomplete = this.#inbox.reassembly.incomplete;
  }

  #trouble(error: FramelaneError): void {
    this.#lastError = error;
    this.#actions.push({ type: 'trouble', error });
  }

  #retryLater(error: FramelaneError): void {
    this.#trouble(error);
    this.#state = 'waiting';
    this.#times.wake = this.#now + this.#backOff.next();
  }

  /** Reports and stops. A single link keeps its connection and may be asked again. */
  #fail(error: FramelaneError): void {
    this.#sendCancel();
    if (!this.#single || this.#state === 'opening') this.#closeConnection();
    this.#forgetFrame();
    this.#state = this.#single ? 'idle' : 'failed';
    this.#actions.push({ type: 'failed', error });
  }

  #sendCancel(): void {
    if (this.#single || !this.#asked || !this.#open) return;
    this.#actions.push({ type: 'send', bytes: this.#request.cancel() });
  }

  /** Cancels the subscription and closes the connection. */
  close(now: number): void {
    this.#now = now;
    this.#sendCancel();
    this.#closeConnection();
    this.#state = 'closed';
  }

  #onBody(body: AssembledBody): void {
    const { buffer, incomplete } = this.#inbox.reassembly;
    const bytes = buffer.bytes.subarray(0, body.bytes);
    this.stats.incomplete = incomplete;
    this.#silences = 0;
    if (isZeroBody(bytes)) {
      this.#onZeroBody();
      return;
    }
    try {
      this.#onImage(bytes.subarray(0, imageLength(bytes)), body);
    } catch (error) {
      this.#onDamagedImage(error as FramelaneError);
    }
  }

  #onZeroBody(): void {
    this.stats.damaged++;
    const { capacity } = this.#request;
    const error = zeroBodyError(this.#subject, capacity);
    // The subscription stands, under the contract with the old capacity: end it first.
    this.#sendCancel();
    this.#rename();
    if (this.#request.doubleCapacity()) this.#adapt(error);
    else this.#fail(error);
  }

  #onDamagedImage(error: FramelaneError): void {
    this.stats.damaged++;
    if (this.#single || this.#times.lastImage === undefined) this.#fail(error);
    else this.#trouble(error);
  }

  #onImage(bytes: Uint8Array, body: AssembledBody): void {
    this.#times.lastImage = this.#now;
    this.#lastError = undefined;
    this.#adaptations = 0;
    this.#backOff.reset();
    const image = this.#delivery.take(bytes, body, this.#inbox.reassembly, this.#now);
    if (this.#single) this.#state = 'idle';
    else this.#continue(body.header.counter);
    if (image !== undefined) this.#actions.push({ type: 'image', image });
    else if (this.#single) this.#fail(tooManyHeldError(this.#subject, this.#pool.size - 1));
  }

  #continue(counter: number): void {
    this.#state = 'receiving';
    if (!this.#renewal.due(counter, this.#request.interval)) return;
    this.stats.renewals++;
    this.#actions.push({ type: 'send', bytes: this.#request.ask() });
  }

  #onStatus(header: BlockHeader, text: string): void {
    const error = statusError(header.retCode, text, this.#subject);
    this.#silences = 0;
    const { remedy } = returnCode(header.retCode);
    // What was right before may be refused by a server that was just restarted: then it is worth another try.
    const again = remedy === 'give-up' && !this.#single && this.#times.lastImage !== undefined;
    if (remedy === 'later' || again) this.#onLater(header, error);
    else if (this.#request.obey(header)) this.#adapt(error);
    else this.#fail(error);
  }

  #onLater(header: BlockHeader, error: FramelaneError): void {
    if (this.#single || header.counter <= 0) {
      this.#retryLater(error);
      return;
    }
    this.#trouble(error);
    this.#continue(header.counter);
  }

  /** Asks again as the server wants it, but not for ever. */
  #adapt(error: FramelaneError): void {
    this.#adaptations++;
    if (this.#adaptations > mostAdaptations) {
      this.#fail(error);
      return;
    }
    this.#trouble(error);
    this.#makeRoom();
    if (this.#request.transport !== this.#openedAs) this.#closeConnection();
    this.#askOrReopen();
  }

  /** Room for the capacity that is asked for now; memory still grows only as bytes arrive. */
  #makeRoom(): void {
    const { capacity, transport } = this.#request;
    const { reassembly } = this.#inbox;
    reassembly.limit = Math.max(reassembly.limit, maximumBodyBytes(capacity));
    reassembly.buffer.limit = reassembly.limit;
    this.#pool.raise(reassembly.limit);
    this.#reader.limit = Math.max(this.#reader.limit, maximumResponseBytes(transport, capacity));
  }
}
