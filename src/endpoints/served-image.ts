import { type Frame, frameBytes, levelFrame } from '../frame/index.js';
import type { JpegEncoder } from '../jpeg/codec.js';
import { encodeImage, imageHeaderBytes, isRawImageFormat, type TineImageHeader } from '../tine/index.js';
import { imageMark } from '../tine/net/received-image.js';
import type { ServedData } from '../tine/net/subscription.js';
import { unixTime } from './clock.js';

/** Images in memory at once: the newest, and older ones that slow clients are still being sent. */
const mostImages = 16;

/** A frame as a TINE image: encoded once, shared by all who get it, and given back when the last one has it. */
export class ServedImage implements ServedData {
  readonly seconds: number;
  readonly microseconds: number;
  #holders = 1;

  constructor(
    readonly bytes: Uint8Array,
    private readonly giveBack: () => void,
  ) {
    const mark = imageMark(bytes);
    this.seconds = mark.seconds;
    this.microseconds = Math.max(0, mark.microseconds);
  }

  /** One more holds it. */
  hold(): void {
    this.#holders++;
  }

  /** One fewer. */
  release(): void {
    this.#holders--;
    if (this.#holders === 0) this.giveBack();
  }
}

/** How frames are encoded. */
export interface ServedImageOptions {
  /** Compress with this encoder; default: raw pixels. */
  readonly jpeg?: JpegEncoder;
  /** JPEG quality, 1..100. */
  readonly quality?: number;
  /** Name of the camera in the image header, for frames that carry none. */
  readonly cameraName: string;
}

/** Makes images of frames in a bounded number of buffers that are used again and again. */
export class ServedImages {
  readonly #options: ServedImageOptions;
  readonly #free: Uint8Array[] = [];
  #out = 0;
  #number = 0;
  #levels = new Uint8Array(0);

  constructor(options: ServedImageOptions) {
    this.#options = options;
  }

  /** Whether all buffers are held: then somebody must give one back before the next frame. */
  get exhausted(): boolean {
    return this.#out >= mostImages;
  }

  /** The frame as an image. The first holder is the caller. */
  encode(frame: Frame): ServedImage {
    const { jpeg, quality } = this.#options;
    this.#number++;
    const header = this.#missingFields(frame);
    const into = jpeg === undefined ? this.#take(rawBytes(frame)) : undefined;
    const bytes = encodeImage(jpeg === undefined ? frame : this.#eightBits(frame), { header, jpeg, quality, into });
    this.#out++;
    return new ServedImage(bytes, () => {
      this.#out--;
      if (into !== undefined) this.#free.push(into);
    });
  }

  /** JPEG has eight bits a sample: 16-bit gray is mapped to them, over the whole range of its effective bits. */
  #eightBits(frame: Frame): Frame {
    if (frame.format !== 'gray16le') return frame;
    const bytes = frame.width * frame.height;
    if (this.#levels.length !== bytes) this.#levels = new Uint8Array(bytes);
    return levelFrame(frame, { into: this.#levels });
  }

  /** Clients tell images apart by number and time: a frame without gets them here. */
  #missingFields(frame: Frame): Partial<TineImageHeader> {
    const fields: { -readonly [K in keyof TineImageHeader]?: TineImageHeader[K] } = {};
    if (frame.sequence === 0) fields.frameNumber = this.#number;
    if (frame.captureTime === 0n) {
      const micros = unixTime() / 1000n;
      fields.timestampSeconds = Number(micros / 1_000_000n);
      fields.timestampMicroseconds = Number(micros % 1_000_000n);
    }
    if (frame.metadata['tine.cameraPortName'] === undefined) fields.cameraPortName = this.#options.cameraName;
    return fields;
  }

  /** A buffer of that size; those of another size than the camera's frames now have are let go. */
  #take(bytes: number): Uint8Array {
    for (let buffer = this.#free.pop(); buffer !== undefined; buffer = this.#free.pop()) {
      if (buffer.length === bytes) return buffer;
    }
    return new Uint8Array(bytes);
  }
}

function rawBytes({ format, width, height }: Frame): number {
  // What has to become RGB first takes at most four bytes a pixel.
  const pixels = isRawImageFormat(format) ? frameBytes({ format, width, height }) : 4 * width * height;
  return imageHeaderBytes + pixels;
}
