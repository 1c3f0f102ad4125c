import type { NativePacketTransform } from '../native/udp.js';

/**
 * What is done to each packet in the staging buffer, natively: SRTP. Packets grow by a constant number of bytes.
 * `native/core/packet_transform.h` describes what C++ has to provide.
 */
export interface PacketTransform {
  /** The C++ object, ready for packets from number `first` of the plan on. */
  from(first: number): NativePacketTransform;
}
