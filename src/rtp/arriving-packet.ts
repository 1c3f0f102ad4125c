/** A packet on its way through the receiver: where its payload is and what its header said. Used again for each. */
export interface ArrivingPacket {
  /** Memory that the payload lies in; it belongs to others and changes with the next batch. */
  bytes: Uint8Array;
  /** Offset of the payload in `bytes`. */
  offset: number;
  /** Bytes of the payload, padding left out. */
  length: number;
  /** Sequence number, 0 to 65535. */
  sequence: number;
  /** RTP timestamp as a signed 32-bit number. */
  timestamp: number;
  /** The header's second byte: marker in the highest bit, payload type in the others. */
  flags: number;
}

const noBytes = new Uint8Array(0);

/** A packet to be filled. */
export function arrivingPacket(): ArrivingPacket {
  return { bytes: noBytes, offset: 0, length: 0, sequence: 0, timestamp: 0, flags: 0 };
}
