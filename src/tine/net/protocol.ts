import { imageHeaderBytes } from '../image-header.js';

/** The protocol's number in both directions (release 5 of TINE). */
export const tineProtocol = 7;

/** What carries the messages. STREAM is TCP on a port of its own, with a whole frame in one message. */
export const tineTransports = ['tcp', 'udp', 'stream'] as const;

/** One of {@link tineTransports}. */
export type TineTransport = (typeof tineTransports)[number];

/** Largest port offset taken: one offset a server process on a host, about 500 in the field. */
export const maximumPortOffset = 1000;

const basePorts: Readonly<Record<TineTransport, number>> = { udp: 9003, tcp: 8503, stream: 10003 };

/** The port a server with that port offset listens on. */
export function tinePort(transport: TineTransport, offset: number): number {
  return basePorts[transport] + offset;
}

/** Access modes: the low four bits of a request's mode. */
export const baseModes = { cancel: 0, single: 1, dataChange: 2, timer: 3, event: 6 } as const;

/** Flags beside the base mode. `retry` is never sent: a real server pads its answer to it to the whole capacity. */
export const modeFlags = { stream: 0x80, network: 0x200, retry: 0x800 } as const;

/** Codes of the data formats an image client and server meet. */
export const tineFormats = { int32: 3, struct: 7, image: 55, default: 254, none: 255 } as const;

/** Bits of a request's access byte. */
export const accessBits = { read: 1, write: 2 } as const;

/** Bytes of a message's outer header in a request, of a subscription header, and of the contract that follows it. */
export const requestHeaderBytes = 48;
/** Bytes of a request's subscription header. */
export const subscriptionHeaderBytes = 32;
/** Bytes of a request's contract. */
export const contractBytes = 180;
/** Bytes of a sub-message of a request without input data. */
export const subrequestBytes = subscriptionHeaderBytes + contractBytes;
/** Bytes of a response's outer header. */
export const responseHeaderBytes = 32;
/** Bytes of a block's header in a response. */
export const blockHeaderBytes = 56;
/** Bytes of a status string. */
export const statusBytes = 192;
/** Largest message but for STREAM's responses: what fits a UDP datagram. */
export const maximumMessageBytes = 65_507;

/**
 * Most bytes a frame's body can have, whatever its headers say, when `capacity` image bytes were asked for: header,
 * image, the 188 bytes of padding that a Java server may add, a status string.
 */
export function maximumBodyBytes(capacity: number): number {
  return imageHeaderBytes + capacity + imageHeaderBytes + statusBytes;
}

/** Largest response on a transport when `capacity` image bytes were asked for. */
export function maximumResponseBytes(transport: TineTransport, capacity: number): number {
  if (transport !== 'stream') return maximumMessageBytes;
  return responseHeaderBytes + blockHeaderBytes + maximumBodyBytes(capacity);
}
