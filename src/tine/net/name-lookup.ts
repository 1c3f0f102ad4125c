import { FramelaneError } from '../../error.js';
import { readChars } from './char-field.js';
import { framelaneUserType } from './link-request.js';
import { accessBits, baseModes, maximumPortOffset, statusBytes, tineFormats } from './protocol.js';
import { encodeRequest } from './request.js';
import type { BlockHeader } from './response.js';
import { readDatagram } from './response-reader.js';
import { statusError } from './return-code.js';

/** What is asked of an equipment name server. */
export interface ServerName {
  /** Up to 32 characters on the wire; here it stands in the 64 of a device. */
  readonly context: string;
  readonly server: string;
}

/** Where a server is, as an equipment name server tells. */
export interface ServerAddress {
  readonly host: string;
  readonly portOffset: number;
  readonly eqm: string;
  /** Name of the server process. */
  readonly fec: string;
}

/** A name server's own start time: requests to it carry this one. */
const lookupStarttime = 4096;
const answerBytes = 200;
const oldAnswerBytes = 168;
const wrongStructureSize = 14;
const attemptMilliseconds = 500;
const mostAttempts = 4;

/*
 * Answer, 200 bytes:
 *
 *       0 FEC[16] · 16 subsystem[16] · 32 server[32] · 64 EQM[8] · 72 context[32]
 *     104 FEC[16] · 120 address u8[16] · 136 MAC u8[8] · 144 address as text[40]
 *     184 u32 port offset · 188 u32 transports · 192 u32 protocol · 196 u32 flags
 *
 * Old answer, 168 bytes: the same up to 104, then
 *
 *     104 FEC[16] · 120 unused[16] · 136 address as text[16] · 152 address u8[4]
 *     156 u32 port offset · 160 u32 transports · 164 u32 protocol
 */

/** Reads an answer of 200 or 168 bytes. Throws `TINE_PROTOCOL` for one that names no usable address. */
export function decodeServerAddress(body: Uint8Array): ServerAddress {
  const old = body.length < answerBytes;
  if (body.length < oldAnswerBytes) throw lookupError(`an answer of ${body.length} bytes`, body.length);
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const textAt = old ? 136 : 144;
  const host = readChars(body, textAt, old ? 16 : 40).trim();
  const offsetAt = old ? 156 : 184;
  const portOffset = view.getUint32(offsetAt, true);
  const protocol = view.getUint32(offsetAt + 8, true);
  if (!/^[0-9A-Za-z.:_-]+$/.test(host)) throw lookupError(`address "${host}"`, textAt);
  if (portOffset > maximumPortOffset) throw lookupError(`port offset ${portOffset}`, offsetAt);
  if (protocol !== 0 && protocol < 7) throw lookupError(`protocol ${protocol}, only 7 is spoken`, offsetAt + 8);
  return { host, portOffset, eqm: readChars(body, 64, 8), fec: readChars(body, 0, 16) };
}

function lookupError(what: string, offset: number): FramelaneError {
  return new FramelaneError('TINE_PROTOCOL', `name server answers with ${what}, at byte ${offset}`, { offset });
}

/**
 * One question to an equipment name server. No socket and no clock: datagrams and `now` are handed in, `poll(now)`
 * gives what to send, `deadline` says when to call again, until there is a `result` or an `error`.
 */
export class NameLookup {
  result: ServerAddress | undefined;
  error: FramelaneError | undefined;
  deadline = Number.NEGATIVE_INFINITY;
  #attempts = 0;
  #capacity = answerBytes;

  constructor(
    private readonly name: ServerName,
    private readonly user = '',
  ) {}

  /** What to send now, if anything. */
  poll(now: number): Uint8Array | undefined {
    if (this.#done || now < this.deadline) return undefined;
    if (this.#attempts === mostAttempts) {
      this.error = new FramelaneError(
        'TIMEOUT',
        `the name server does not answer for /${this.name.context}/${this.name.server}; check ens=HOST`,
        { subject: this.name.server },
      );
      return undefined;
    }
    this.#attempts++;
    this.deadline = now + attemptMilliseconds;
    return this.#request();
  }

  get #done(): boolean {
    return this.result !== undefined || this.error !== undefined;
  }

  #request(): Uint8Array {
    const contract = {
      property: this.name.server,
      device: this.name.context,
      eqm: 'ENSEQM',
      sizeIn: 0,
      sizeOut: this.#capacity,
      reserved: 0,
      access: accessBits.read,
      formatIn: tineFormats.none,
      formatOut: tineFormats.struct,
      tagIn: '',
      tagOut: '',
    };
    const sub = {
      extBytes: 0,
      mtu: 1212,
      blkid: this.#attempts,
      numblks: 1,
      blknum: 1,
      id: 1,
      mode: baseModes.single,
      interval: attemptMilliseconds,
      starttime: lookupStarttime,
      contract,
      rest: new Uint8Array(0),
    };
    const { user } = this;
    const outer = { pid: 0, version: 0x0005_0300, segments: 1, endianness: 0, encoding: 0 };
    return encodeRequest({ ...outer, user, userType: framelaneUserType, subrequests: [sub] });
  }

  /** A datagram from the name server; others and damaged ones are ignored. */
  receive(bytes: Uint8Array, now: number): void {
    if (this.#done) return;
    let header: BlockHeader | undefined;
    let body = new Uint8Array(0);
    try {
      const receiver = {
        begin: (block: BlockHeader) => {
          header = block;
          body = new Uint8Array(0);
        },
        body: (piece: Uint8Array) => {
          body = piece.slice();
        },
        end: () => this.#take(header as BlockHeader, body, now),
      };
      readDatagram(bytes, receiver);
    } catch (error) {
      if (!(error instanceof FramelaneError)) throw error;
    }
  }

  #take(header: BlockHeader, body: Uint8Array, now: number): void {
    if (header.id !== 1 || header.starttime !== lookupStarttime || this.#done) return;
    if (header.retCode === wrongStructureSize && this.#capacity === answerBytes) {
      this.#capacity = oldAnswerBytes;
      this.deadline = now;
    } else if (header.retCode !== 0) {
      const text = readChars(body, 0, Math.min(body.length, statusBytes));
      this.error = statusError(header.retCode, text, `name server, /${this.name.context}/${this.name.server}`);
    } else this.#conclude(body);
  }

  #conclude(body: Uint8Array): void {
    try {
      this.result = decodeServerAddress(body);
    } catch (error) {
      this.error = error as FramelaneError;
    }
  }
}
