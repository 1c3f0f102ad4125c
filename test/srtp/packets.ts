import { nativePrimitives } from '../../src/net/index.js';
import { type SrtpKey, SrtpProtector, SrtpUnprotector, type UnprotectorOptions } from '../../src/srtp/index.js';

/** An RTP packet. */
export function rtp(
  sequence: number,
  ssrc = 0x1234_5678,
  payload: Uint8Array = new Uint8Array(40).fill(sequence),
): Uint8Array {
  const packet = new Uint8Array(12 + payload.length);
  packet.set([0x80, 96, sequence >> 8, sequence]);
  new DataView(packet.buffer).setUint32(8, ssrc);
  packet.set(payload, 12);
  return packet;
}

/** A receiver report without blocks, and a bit more. */
export function rtcp(ssrc = 0x1234_5678): Uint8Array {
  const packet = new Uint8Array(8 + 12);
  packet.set([0x80, 201, 0, 1]);
  new DataView(packet.buffer).setUint32(4, ssrc);
  packet.set([0x80, 203, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8], 8);
  return packet;
}

/** Both ends of one key. */
export function ends(key: SrtpKey, options?: UnprotectorOptions) {
  const sender = new SrtpProtector(nativePrimitives(), key);
  return { sender, receiver: new SrtpUnprotector(nativePrimitives(), key, options) };
}
