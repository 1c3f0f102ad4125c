import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** A length byte and so many bytes of UTF-8; what is not UTF-8 becomes U+FFFD. */
export function readText(reader: BoundedReader): string {
  return decoder.decode(reader.bytes(reader.u8()));
}

/** Writes a length byte and the text in UTF-8. Throws `BAD_ARGUMENT` for more than 255 bytes. */
export function writeText(text: string, writer: BoundedWriter): void {
  const bytes = encoder.encode(text);
  if (bytes.length > 255) {
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `"${text.slice(0, 32)}..." has ${bytes.length} bytes; RTCP has room for 255`,
    );
  }
  writer.u8(bytes.length).bytes(bytes);
}
