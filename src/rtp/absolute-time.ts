import { FramelaneError } from '../error.js';
import { ntpFromUnix, unixFromNtp } from './clock.js';

/** What `extmap` calls the header extensions that carry times; each says in its page what it is. */
export const timeExtensions = {
  /** When the packets were sent, to 4 us, modulo 64 s: {@link absSendTime}. */
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  /** When the picture was taken: {@link absCaptureTime}. */
  absCaptureTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-capture-time',
} as const;

/** The three bytes of abs-send-time for a time in ns since 1970: seconds modulo 64 and 18 bits of a fraction. */
export function absSendTime(time: bigint): Uint8Array {
  return bigEndian(BigInt.asUintN(24, ntpFromUnix(time) >> 14n), 3);
}

/** The eight bytes of abs-capture-time for a time in ns since 1970: a 64-bit NTP timestamp. */
export function absCaptureTime(time: bigint): Uint8Array {
  return bigEndian(ntpFromUnix(time), 8);
}

/** ns since 1970 of an abs-capture-time element of 8 bytes, or of 16, whose clock offset is left out. */
export function captureTimeOf(data: Uint8Array): bigint {
  if (data.length !== 8 && data.length !== 16) {
    throw new FramelaneError('RTP_INVALID', `an abs-capture-time of ${data.length} bytes; it has 8 or 16`);
  }
  return unixFromNtp(data.subarray(0, 8).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n));
}

function bigEndian(value: bigint, bytes: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => Number((value >> BigInt(8 * (bytes - 1 - index))) & 0xffn));
}
