import type { LinkOptions } from './link-options.js';
import { accessBits, baseModes, modeFlags, type TineTransport, tineFormats } from './protocol.js';
import { encodeRequest } from './request.js';
import type { BlockHeader } from './response.js';
import { returnCode } from './return-code.js';

/** What this side calls itself. A server of ours sends bigger blocks over TCP to a client of that type. */
export const framelaneUserType = 'FRMLANE';

const version = 0x0005_0300;
const nothing = new Uint8Array(0);

/** A start time after `previous` that is none of the reserved ones. */
export function nextStarttime(previous: number): number {
  const next = previous >= 0xffff_ffff ? 1 : previous + 1;
  return next === 255 || next === 4096 ? next + 1 : next;
}

/** The requests of one link: the same again and again but for what the server made it change. */
export class LinkRequest {
  #sends = 0;
  /** Milliseconds between images; raised when the server's minimum is higher. */
  interval: number;
  /** Most bytes of an image, without its header. */
  capacity: number;
  /** Names the subscription together with the id. */
  starttime: number;
  /** TCP when a server that was asked over UDP wants that. */
  transport: TineTransport;

  constructor(private readonly options: LinkOptions) {
    this.interval = options.interval;
    this.capacity = options.capacity;
    this.transport = options.transport;
    this.starttime = options.starttime - 1; // renewed before anything is asked
  }

  /** Changes what is asked as a status demands. Returns false when there is nothing (more) to change. */
  obey({ retCode, systemStamp }: BlockHeader): boolean {
    switch (returnCode(retCode).remedy) {
      case 'more-capacity':
        return this.doubleCapacity();
      case 'capacity':
        return this.#setCapacity(systemStamp);
      case 'interval':
        return this.#raiseInterval(systemStamp);
      case 'tcp':
        return this.#switchToTcp();
      default:
        return false;
    }
  }

  /** Asks for twice as much, up to the limit. */
  doubleCapacity(): boolean {
    return this.#setCapacity(Math.min(2 * this.capacity, this.options.maximumCapacity));
  }

  #setCapacity(capacity: number): boolean {
    if (capacity < 1 || capacity > this.options.maximumCapacity || capacity === this.capacity) return false;
    this.capacity = capacity;
    return true;
  }

  #raiseInterval(interval: number): boolean {
    const possible = this.options.mode === 'timer' && interval <= 3_600_000;
    if (!possible || interval <= this.interval) return false;
    this.interval = interval;
    return true;
  }

  #switchToTcp(): boolean {
    if (this.transport !== 'udp') return false;
    this.transport = 'tcp';
    return true;
  }

  /** A new name for what is asked next: late answers to the old one are not mixed in. */
  renew(): void {
    this.starttime = nextStarttime(this.starttime);
  }

  /** The request for one image or a subscription. */
  ask(): Uint8Array {
    return this.#encode(this.options.mode === 'single' ? baseModes.single : baseModes.timer);
  }

  /** The request that ends a subscription. */
  cancel(): Uint8Array {
    return this.#encode(baseModes.cancel);
  }

  #encode(base: number): Uint8Array {
    const { target, id, pid, user, mode, timeout } = this.options;
    this.#sends = (this.#sends + 1) % 1000;
    const interval = mode === 'single' ? Math.min(timeout, 3_600_000) : this.interval;
    const contract = {
      ...target,
      sizeIn: 0,
      sizeOut: this.capacity,
      reserved: 0,
      access: accessBits.read,
      formatIn: tineFormats.none,
      formatOut: tineFormats.image,
      tagIn: '',
      tagOut: '',
    };
    const sub = {
      extBytes: 0,
      mtu: 1212,
      blkid: this.#sends,
      numblks: 1,
      blknum: 1,
      id,
      mode: this.transport === 'stream' ? base | modeFlags.stream : base,
      interval: Math.round(interval),
      starttime: this.starttime,
      contract,
      rest: nothing,
    };
    return encodeRequest({
      pid,
      version,
      segments: 1,
      endianness: 0,
      encoding: 0,
      user,
      userType: framelaneUserType,
      subrequests: [sub],
    });
  }
}
