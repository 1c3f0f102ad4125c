import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';

/**
 * What an application has to say for itself (RFC 3550 section 6.7):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P| subtype |   PT=APP=204  |             length            |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                           SSRC/CSRC                           |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                          name (ASCII)                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                   application-dependent data                ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 */
export interface Application {
  readonly kind: 'application';
  /** 0 to 31, for the application. */
  readonly subtype: number;
  /** Who says it. */
  readonly ssrc: number;
  /** Four characters; each stands for one byte. */
  readonly name: string;
  /** Whole words. */
  readonly data: Uint8Array;
}

/** Reads the body behind the header. */
export function readApplication(subtype: number, reader: BoundedReader): Application {
  const ssrc = reader.u32BE();
  const name = String.fromCharCode(...reader.bytes(4));
  return { kind: 'application', subtype, ssrc, name, data: reader.bytes(reader.remaining).slice() };
}

/** Writes the body and returns the header's count, here the subtype. */
export function writeApplication({ subtype, ssrc, name, data }: Application, writer: BoundedWriter): number {
  const codes = Array.from(name, (character) => character.charCodeAt(0));
  if (codes.length !== 4 || codes.some((code) => code > 255)) {
    throw new FramelaneError('BAD_ARGUMENT', `APP name "${name}" is not four one-byte characters`);
  }
  writer.u32BE(ssrc).bytes(Uint8Array.from(codes)).bytes(data);
  return subtype;
}
