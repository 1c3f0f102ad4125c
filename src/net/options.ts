import type { FramelaneError } from '../error.js';
import type { Endpoint } from './address.js';
import type { PaceOptions } from './pacer.js';

/** Ways of handing packets to the kernel: trains (UDP_SEGMENT), sendmmsg, a call each. */
export type SendPath = 'gso' | 'mmsg' | 'send';

/** Groups: receiving what is sent to one, and how one's own packets to one travel. */
export interface MulticastOptions {
  /** Group to join, to receive what is sent to it. */
  readonly group?: string;
  /** Only what this machine sends to the group (RFC 4607). */
  readonly source?: string;
  /** Network interface, by its name or one of its addresses; default: as the system routes. */
  readonly interface?: string;
  /** Routers that packets may pass, 0..255, the last included; default 1: none. */
  readonly ttl?: number;
  /** Whether programs on this machine receive what it sends to a group; default true. */
  readonly loopback?: boolean;
}

/** How a {@link UdpSocket} is opened. */
export interface UdpOptions {
  /** Where to receive; default: all addresses of this machine, a free port. */
  readonly local?: Partial<Endpoint>;
  /** Whom to send to. */
  readonly remote?: Endpoint;
  /**
   * Whether only the remote end is heard (and errors that it reports are); default true, but false for a group, whose
   * members answer with addresses of their own.
   */
  readonly connected?: boolean;
  /** IPv4 or IPv6; default: what the addresses are, IPv4 when there are none. */
  readonly family?: 4 | 6;
  /** Multicast. */
  readonly multicast?: MulticastOptions;
  /** Routers that packets to one machine may pass, 1..255; default: as the system has it. */
  readonly ttl?: number;
  /** Traffic class of what is sent, 0..63 (RFC 2474); 34 (AF41) is usual for video. */
  readonly dscp?: number;
  /** Whether others may receive on the same port; default true for a group, else false. */
  readonly reuseAddress?: boolean;
  /** Bytes that the kernel may hold before they leave; default 1 MiB, or what it allows. */
  readonly sendBufferBytes?: number;
  /** Bytes that the kernel may hold until they are received; default 4 MiB, or what it allows. */
  readonly receiveBufferBytes?: number;
  /** The best way of sending to try; default `gso`. Others are taken where the kernel refuses. */
  readonly path?: SendPath;
  /** Whether trains are received as they are; default true. */
  readonly receiveTrains?: boolean;
  /**
   * Spreads the packets of a unit in time; false: all at once. Default: true, but false when the remote end is this
   * machine or unknown.
   */
  readonly pace?: boolean | PaceOptions;
  /** Milliseconds from unit to unit, where they are known before units come: for pacing. */
  readonly unitInterval?: number;
  /** Writes that may wait at a time, at least 1; default 64. */
  readonly maxQueuedWrites?: number;
  /** Told of what makes the socket work less well: the kernel capped a buffer, dropped datagrams. */
  readonly onWarning?: (warning: FramelaneError) => void;
}
