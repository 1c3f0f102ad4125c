import { FramelaneError } from '../../error.js';
import type { TineTransport } from './protocol.js';

/** Capacity asked for unless told otherwise: 6 MiB of image, the documented limit, and some. */
export const defaultCapacity = 6_292_480;

/** Most capacity a client asks for: eight times a 4K image of 4 bytes a pixel. */
export const maximumCapacity = 268_435_456;

/** The property of a device of a server process. */
export interface LinkTarget {
  /** Equipment module name, case-sensitive, up to 6 characters. */
  readonly eqm: string;
  readonly device: string;
  readonly property: string;
}

/** How a link asks. */
export interface LinkOptions {
  readonly target: LinkTarget;
  /** One image each time it is asked, or a subscription. */
  readonly mode: 'single' | 'timer';
  readonly transport: TineTransport;
  /** Milliseconds between images of a subscription. */
  readonly interval: number;
  /** Most bytes of an image without its header; raised up to `maximumCapacity` when a server wants that. */
  readonly capacity: number;
  /** The limit to which the capacity may be raised. */
  readonly maximumCapacity: number;
  /** Milliseconds to the first image, or to the answer of a single read, before giving up. */
  readonly timeout: number;
  /** Milliseconds without an image, after there were some, before giving up. */
  readonly patience: number;
  /** Leave out an image that is the same as the one before (frame number and time stamp). */
  readonly distinct: boolean;
  /** Image buffers of the link: one to fill, the others on loan. */
  readonly buffers: number;
  /** Subscription id, 1..32767; unique among the links of one socket. */
  readonly id: number;
  /** UTC seconds: names the subscription together with the id. */
  readonly starttime: number;
  /** Process id told to the server. */
  readonly pid: number;
  /** User name told to the server, up to 16 characters. */
  readonly user: string;
}

/** What a link asks with unless told otherwise. */
export const defaultLinkOptions = {
  mode: 'timer',
  transport: 'tcp',
  interval: 100,
  capacity: defaultCapacity,
  maximumCapacity: 67_108_864,
  timeout: 5000,
  patience: Number.POSITIVE_INFINITY,
  distinct: true,
  buffers: 3,
  id: 1,
  pid: 0,
  user: '',
} as const satisfies Partial<LinkOptions>;

function checkRange(name: string, value: number, from: number, to: number): void {
  if (!(value >= from && value <= to)) {
    throw new FramelaneError('BAD_ARGUMENT', `${name} must be from ${from} to ${to}, not ${value}`);
  }
}

/** Throws `BAD_ARGUMENT` about the first option that cannot be. */
export function checkLinkOptions(options: LinkOptions): void {
  checkRange('interval (ms)', options.interval, 1, 3_600_000);
  checkRange('capacity (bytes)', options.capacity, 1, maximumCapacity);
  checkRange('maximumCapacity (bytes)', options.maximumCapacity, options.capacity, maximumCapacity);
  checkRange('timeout (ms)', options.timeout, 1, Number.POSITIVE_INFINITY);
  checkRange('patience (ms)', options.patience, 1, Number.POSITIVE_INFINITY);
  checkRange('buffers', options.buffers, 2, 64);
  checkRange('id', options.id, 1, 32_767);
}
