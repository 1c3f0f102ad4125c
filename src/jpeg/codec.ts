import type { Frame, FrameSpec, Plane } from '../frame/index.js';

/** Pixel formats that a JPEG can be decoded into or made from. */
export const jpegPixelFormats = ['gray8', 'rgb24', 'bgr24', 'rgba32', 'bgra32', 'bgrx32'] as const;

/** One of {@link jpegPixelFormats}. */
export type JpegPixelFormat = (typeof jpegPixelFormats)[number];

/** Writable pixels: a frame, a ring's slot, a buffer of one's own. */
export interface PixelTarget {
  readonly format: FrameSpec['format'];
  /** Pixels across. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  readonly planes: readonly Plane[];
}

/**
 * Decodes JPEG. Handed to whoever meets JPEG in its input, so that they run wherever somebody has such a decoder: in
 * Node {@link TurboJpeg}, in a browser one made of WebAssembly.
 */
export interface JpegDecoder {
  /**
   * Writes the picture into `target`, whose size is the JPEG's and whose format is one of {@link jpegPixelFormats}.
   * Throws `JPEG_INVALID` for a JPEG that is damaged; the target's pixels are then undefined.
   */
  decodeInto(jpeg: Uint8Array, target: PixelTarget): void;
}

/** How a JPEG is written. */
export interface JpegEncodeOptions {
  /** 1 (smallest) to 100 (best); default 90. */
  readonly quality?: number;
  /** How colour is thinned out: `420` (default) halves it both ways, `422` across, `444` not at all. Gray has none. */
  readonly subsampling?: '420' | '422' | '444';
}

/** Encodes JPEG. */
export interface JpegEncoder {
  /** The frame as a JPEG file in fresh memory; its format is one of {@link jpegPixelFormats}. Alpha is dropped. */
  encode(frame: Frame, options?: JpegEncodeOptions): Uint8Array;
}
