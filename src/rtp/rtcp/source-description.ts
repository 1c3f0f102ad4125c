import type { BoundedReader, BoundedWriter } from '../../bytes/index.js';
import { FramelaneError } from '../../error.js';
import { readText, writeText } from './text.js';

/** Kinds of items (RFC 3550 section 12.2). */
export const sdesItem = { cname: 1, name: 2, email: 3, phone: 4, location: 5, tool: 6, note: 7, private: 8 } as const;

/** One fact about a source. */
export interface SdesItem {
  /** One of {@link sdesItem}, or another number below 256 that Framelane just hands over. */
  readonly item: number;
  /** At most 255 bytes in UTF-8. A private item's begins with the length of its prefix (RFC 3550 section 6.5.8). */
  readonly text: string;
}

/** The facts about one source. */
export interface SdesChunk {
  /** The source. */
  readonly ssrc: number;
  /** In the order given. */
  readonly items: readonly SdesItem[];
}

/**
 * Who the sources are (RFC 3550 section 6.5):
 *
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |V=2|P|    SC   |  PT=SDES=202  |             length            |
 *     +=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+=+
 *     |                             SSRC/CSRC                         |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |     item      |    length     |  text in UTF-8              ...
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *
 * Items end with at least one zero byte, and as many as fill the word; the next chunk begins with a word.
 */
export interface SourceDescription {
  readonly kind: 'sourceDescription';
  /** At most 31. */
  readonly chunks: readonly SdesChunk[];
}

/** Reads the body behind the header. */
export function readSourceDescription(count: number, reader: BoundedReader): SourceDescription {
  const chunks = Array.from({ length: count }, () => readChunk(reader));
  return { kind: 'sourceDescription', chunks };
}

function readChunk(reader: BoundedReader): SdesChunk {
  const ssrc = reader.u32BE();
  const items: SdesItem[] = [];
  for (let item = reader.u8(); item !== 0; item = reader.u8()) items.push({ item, text: readText(reader) });
  reader.skip(-reader.offset & 3);
  return { ssrc, items };
}

/** Writes the body and returns the header's count. `writer` must stand at a whole word. */
export function writeSourceDescription({ chunks }: SourceDescription, writer: BoundedWriter): number {
  if (chunks.length > 31) throw new FramelaneError('BAD_ARGUMENT', `${chunks.length} SDES chunks; 31 fit`);
  for (const { ssrc, items } of chunks) {
    writer.u32BE(ssrc);
    for (const { item, text } of items) {
      if (item === 0) throw new FramelaneError('BAD_ARGUMENT', 'SDES item 0 ends a list and cannot be in it');
      writeText(text, writer.u8(item));
    }
    writer.fill(0, 4 - (writer.offset & 3));
  }
  return chunks.length;
}

/** The canonical name that a source has in a description (RFC 3550 section 6.5.1), if it is there. */
export function cnameOf({ chunks }: SourceDescription, ssrc: number): string | undefined {
  const chunk = chunks.find((candidate) => candidate.ssrc === ssrc);
  return chunk?.items.find(({ item }) => item === sdesItem.cname)?.text;
}
