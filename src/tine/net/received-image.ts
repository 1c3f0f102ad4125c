import { FramelaneError } from '../../error.js';
import { releasedError } from '../../frame/frame.js';
import { imageBaseTag, imageHeaderBytes } from '../image-header.js';

const timestampOffset = 16;
const frameNumberOffset = 136;
const appendedSizeOffset = 184;

function invalid(message: string, offset: number): FramelaneError {
  return new FramelaneError('TINE_INVALID', `TINE image: ${message}, at byte ${offset}`, { offset });
}

/** Whether a body is what a Java server sends when the capacity is too small: nothing but zeros. */
export function isZeroBody(body: Uint8Array): boolean {
  return body.length > 0 && body.subarray(0, imageHeaderBytes).every((byte) => byte === 0);
}

/**
 * Bytes of the image at the start of a body: header and appended bytes, without the padding a server may add.
 * Throws `TINE_INVALID` unless the body begins with a TINE image that is all there.
 */
export function imageLength(body: Uint8Array): number {
  if (body.length < imageHeaderBytes) {
    throw invalid(`ends after ${body.length} bytes, inside its header of ${imageHeaderBytes}`, body.length);
  }
  const view = new DataView(body.buffer, body.byteOffset, imageHeaderBytes);
  if (view.getUint32(0, true) !== imageBaseTag) {
    throw invalid(isZeroBody(body) ? 'all zero: capacity too small?' : 'does not begin with "VSV3"', 0);
  }
  const appended = Math.max(0, view.getInt32(appendedSizeOffset, true));
  if (imageHeaderBytes + appended > body.length) {
    throw invalid(
      `header announces ${appended} bytes, ${body.length - imageHeaderBytes} are there`,
      appendedSizeOffset,
    );
  }
  return imageHeaderBytes + appended;
}

/** What tells one image of a camera from the next. */
export interface ImageMark {
  /** From the image header; 0 where the server sets none. */
  readonly frameNumber: number;
  readonly seconds: number;
  readonly microseconds: number;
}

/** Reads the mark of a checked image. */
export function imageMark(image: Uint8Array): ImageMark {
  const view = new DataView(image.buffer, image.byteOffset, imageHeaderBytes);
  return {
    frameNumber: view.getUint32(frameNumberOffset, true),
    seconds: view.getUint32(timestampOffset, true),
    microseconds: view.getInt32(timestampOffset + 4, true),
  };
}

/** A warning that came with an image. */
export interface ImageWarning {
  readonly code: number;
  readonly name: string;
  readonly text: string;
}

/** An image from the wire, on loan: its bytes lie in one of the link's few buffers until it is released. */
export class ReceivedImage implements Disposable {
  #bytes: Uint8Array | undefined;
  #giveBack: (() => void) | undefined;

  constructor(
    bytes: Uint8Array,
    readonly mark: ImageMark,
    /** When its last byte arrived, on the clock handed to the link. */
    readonly receivedAt: number,
    readonly warning: ImageWarning | undefined,
    giveBack: () => void,
  ) {
    this.#bytes = bytes;
    this.#giveBack = giveBack;
  }

  /** The 188-byte header and the image. Throws `FRAME_RELEASED` once it was given back. */
  get bytes(): Uint8Array {
    if (this.#bytes === undefined) throw releasedError({ sequence: this.mark.frameNumber });
    return this.#bytes;
  }

  /** Gives the buffer back. A second call throws `FRAME_RELEASED`. */
  release(): void {
    if (this.#giveBack === undefined) throw releasedError({ sequence: this.mark.frameNumber });
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    this.#bytes = undefined;
    giveBack();
  }

  /** Releases it unless that has happened already: what `using` calls. */
  [Symbol.dispose](): void {
    if (this.#giveBack !== undefined) this.release();
  }
}
