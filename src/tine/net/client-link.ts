import { FramelaneError } from '../../error.js';
import { BackOff } from './back-off.js';
import { ImagePool } from './image-pool.js';
import { Inbox, type InboxListener } from './inbox.js';
import { type LinkAction, newLinkStats } from './link-action.js';
import { lostError, silenceError, zeroBodyError } from './link-error.js';
import { checkLinkOptions, type LinkOptions } from './link-options.js';
import { LinkRequest } from './link-request.js';
import { maximumBodyBytes, maximumResponseBytes } from './protocol.js';
import type { AssembledBody } from './reassembly.js';
import { type ImageMark, imageLength, imageMark, isZeroBody, ReceivedImage, sameImage } from './received-image.js';
import { Renewal } from './renewal.js';
import type { BlockHeader } from './response.js';
import { ResponseReader, readDatagram } from './response-reader.js';
import { returnCode, statusError } from './return-code.js';

const connectTimeout = 5000;
const silenceGrace = 500;
const longestFirstWait = 1000;
const singleAttempt = 1500;
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
  readonly #renewal = new Renewal();
  readonly #backOff = new BackOff();
  readonly #actions: LinkAction[] = [];
  #reader: ResponseReader;

  #state: LinkState = 'idle';
  #open = false;
  /** Whether the connection was there before this single read. */
  #reused = false;
  #now = 0;
  #startedAt = 0;
  #lastImageAt: number | undefined;
  #heardAt = 0;
  #wakeAt = Number.POSITIVE_INFINITY;
  #silences = 0;
  #adaptations = 0;
  #lastMark: ImageMark | undefined;
  #lastError: FramelaneError | undefined;

  /** Throws `BAD_ARGUMENT` about options that cannot be. */
  constructor(options: LinkOptions) {
    checkLinkOptions(options);
    const { eqm, device, property } = options.target;
    this.#options = options;
    this.#subject = `${eqm}/${device}/${property}`;
    this.#request = new LinkRequest(options);
    this.#request.ask(); // names that do not fit are found here, not when the connection stands
    const limit = maximumBodyBytes(options.capacity);
    this.#pool = new ImagePool(options.buffers, limit);
    this.#inbox = new Inbox(this.#pool.make(), limit, this.#listener());
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
        this.#heardAt = this.#now;
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
    this.#startedAt = now;
    this.#lastError = undefined;
    this.#adaptations = 0;
    this.#silences = 0;
    this.#reused = this.#open;
    this.#rename();
    if (this.#open) this.#ask();
    else this.#reopen();
  }

  /** The connection stands, or the socket is bound. */
  opened(now: number): void {
    if (this.#state !== 'opening') return;
    this.#now = now;
    this.#open = true;
    this.#silences = 0;
    this.stats.connections++;
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
    if (this.#single || this.#lastImageAt === undefined) this.#fail(error);
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
    const next = this.#asked ? this.#heardAt + this.#silence : this.#wakeAt;
    return Math.min(next, this.#giveUpAt);
  }

  get #active(): boolean {
    return this.#state !== 'idle' && this.#state !== 'failed' && this.#state !== 'closed';
  }

  /** Milliseconds without a byte after which the request is repeated. */
  get #silence(): number {
    if (this.#single) return Math.max(250, Math.min(singleAttempt, this.#options.timeout / 3));
    const { interval } = this.#request;
    return silenceGrace + (this.#state === 'asking' ? Math.min(longestFirstWait, interval) : interval);
  }

  get #giveUpAt(): number {
    const { timeout, patience } = this.#options;
    return this.#single || this.#lastImageAt === undefined ? this.#startedAt + timeout : this.#lastImageAt + patience;
  }

  #onDeadline(): void {
    if (this.#now >= this.#giveUpAt) this.#fail(this.#lastError ?? this.#silenceError());
    else if (this.#asked) this.#onSilence();
    else if (this.#state === 'opening') this.#onConnectTimeout();
    else this.#askOrReopen();
  }

  #askOrReopen(): void {
    if (this.#open) this.#ask();
    else this.#reopen();
  }

  #onConnectTimeout(): void {
    const error = new FramelaneError('CONNECTION', `${this.#subject}: no connection within ${connectTimeout} ms`);
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
    this.#heardAt = this.#now;
    this.#renewal.begin();
    this.#actions.push({ type: 'send', bytes: this.#request.ask() });
  }

  #reopen(): void {
    this.#state = 'opening';
    this.#wakeAt = this.#now + connectTimeout;
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
    this.#wakeAt = this.#now + this.#backOff.next();
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
    if (this.#raiseCapacity(capacity * 2)) this.#adapt(error);
    else this.#fail(error);
  }

  #onDamagedImage(error: FramelaneError): void {
    this.stats.damaged++;
    if (this.#single || this.#lastImageAt === undefined) this.#fail(error);
    else this.#trouble(error);
  }

  #onImage(bytes: Uint8Array, body: AssembledBody): void {
    const mark = imageMark(bytes);
    const repeated = !this.#single && this.#options.distinct && sameImage(this.#lastMark, mark);
    this.#lastMark = mark;
    this.#lastImageAt = this.#now;
    this.#lastError = undefined;
    this.#adaptations = 0;
    this.#backOff.reset();
    if (this.#single) this.#state = 'idle';
    else this.#continue(body.header.counter);
    if (repeated) this.stats.repeats++;
    else this.#deliver(bytes, mark, body);
  }

  #continue(counter: number): void {
    this.#state = 'receiving';
    if (!this.#renewal.due(counter, this.#request.interval)) return;
    this.stats.renewals++;
    this.#actions.push({ type: 'send', bytes: this.#request.ask() });
  }

  #deliver(bytes: Uint8Array, mark: ImageMark, body: AssembledBody): void {
    const next = this.#pool.take();
    if (next === undefined) {
      this.#onNoBuffer();
      return;
    }
    const { code, name } = returnCode(body.header.retCode);
    const warning = code === 0 ? undefined : { code, name, text: body.status };
    const filled = this.#inbox.reassembly.exchange(next);
    const image = new ReceivedImage(bytes, mark, this.#now, warning, () => this.#pool.give(filled));
    this.stats.images++;
    this.#actions.push({ type: 'image', image });
  }

  #onNoBuffer(): void {
    this.stats.dropped++;
    if (!this.#single) return;
    const message = `all ${this.#pool.size - 1} images are held: release one before asking for the next`;
    this.#fail(new FramelaneError('TOO_MANY_HELD', `${this.#subject}: ${message}`, { subject: this.#subject }));
  }

  #onStatus(header: BlockHeader, text: string): void {
    const error = statusError(header.retCode, text, this.#subject);
    this.#silences = 0;
    const { remedy } = returnCode(header.retCode);
    // What was right before may be refused by a server that was just restarted: then it is worth another try.
    const again = remedy === 'give-up' && !this.#single && this.#lastImageAt !== undefined;
    if (remedy === 'later' || again) this.#onLater(header, error);
    else if (this.#obey(header)) this.#adapt(error);
    else this.#fail(error);
  }

  /** Does what the status asks for. Returns false when there is nothing more to try. */
  #obey(header: BlockHeader): boolean {
    switch (returnCode(header.retCode).remedy) {
      case 'more-capacity':
        return this.#raiseCapacity(this.#request.capacity * 2);
      case 'capacity':
        return this.#setCapacity(header.systemStamp);
      case 'interval':
        return this.#raiseInterval(header.systemStamp);
      case 'tcp':
        return this.#switchToTcp();
      default:
        return false;
    }
  }

  #onLater(header: BlockHeader, error: FramelaneError): void {
    if (this.#single || header.counter <= 0) {
      this.#retryLater(error);
      return;
    }
    this.#trouble(error);
    this.#continue(header.counter);
  }

  #switchToTcp(): boolean {
    if (this.#request.transport !== 'udp') return false;
    this.#closeConnection();
    this.#request.transport = 'tcp';
    this.#reused = false;
    return true;
  }

  #raiseInterval(interval: number): boolean {
    if (this.#single || interval <= this.#request.interval || interval > 3_600_000) return false;
    this.#request.interval = interval;
    return true;
  }

  #raiseCapacity(capacity: number): boolean {
    return this.#setCapacity(Math.min(capacity, this.#options.maximumCapacity));
  }

  /** Asks for exactly that capacity from now on; memory still grows only as bytes arrive. */
  #setCapacity(capacity: number): boolean {
    if (capacity < 1 || capacity > this.#options.maximumCapacity || capacity === this.#request.capacity) return false;
    this.#request.capacity = capacity;
    const limit = Math.max(this.#inbox.reassembly.limit, maximumBodyBytes(capacity));
    this.#pool.raise(limit);
    this.#inbox.reassembly.limit = limit;
    this.#inbox.reassembly.buffer.limit = limit;
    this.#reader.limit = Math.max(this.#reader.limit, maximumResponseBytes(this.#request.transport, capacity));
    return true;
  }

  /** Asks again as the server wants it, but not for ever. */
  #adapt(error: FramelaneError): void {
    this.#adaptations++;
    if (this.#adaptations > mostAdaptations) {
      this.#fail(error);
      return;
    }
    this.#trouble(error);
    this.#askOrReopen();
  }
}
