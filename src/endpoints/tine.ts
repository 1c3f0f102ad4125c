import { type ErrorCode, FramelaneError } from '../error.js';
import { Frame } from '../frame/frame.js';
import { fillPixels, ImageDecoder, type ImageOptions, imageFacts, planImage } from '../tine/index.js';
import { imageTools } from './image-tools.js';
import { noteOriginal } from './original.js';
import type { FrameMemory, Source, StreamInfo } from './source.js';
import { parseTineAddress } from './tine-address.js';
import { TineCamera, type TineCameraOptions, type TineImageMessage, tineOptionReaders } from './tine-client.js';
import { type EndpointUri, flag, parseUri, readOptions } from './uri.js';

/** How a camera becomes a source of frames; what the address does not say. */
export interface TineSourceOptions extends TineCameraOptions, Pick<ImageOptions, 'bgr' | 'strict'> {
  /** Keep a copy of each image for `originalOf(frame)`; default false. Not with memory of a consumer's. */
  readonly originals?: boolean;
}

const optionReaders = { ...tineOptionReaders, bgr: flag, strict: flag };

/** `tine://...` as a source of frames. Nothing is connected before the iteration. Throws `BAD_URI`. */
export function tineSource(uri: string | EndpointUri, options: TineSourceOptions = {}): Source {
  return new TineSource(typeof uri === 'string' ? parseUri(uri) : uri, options);
}

/** The images of a camera on a TINE server, decoded. */
export class TineSource implements Source {
  readonly uri: string;
  readonly #camera: TineCamera;
  readonly #options: TineSourceOptions;
  /** Images that could not be decoded, after others could. */
  #spoiled = 0;

  constructor(uri: EndpointUri, options: TineSourceOptions = {}) {
    const { ens, bgr, strict, ...own } = readOptions(uri, optionReaders);
    this.uri = uri.text;
    this.#options = { bgr, strict, ...options };
    const { originals: _, ...cameraOptions } = options;
    this.#camera = new TineCamera(parseTineAddress(uri, ens), { ...own, ...cameraOptions });
  }

  /** Images that were lost on the way or replaced by newer ones before they were taken. */
  get missed(): number {
    const { skipped, dropped, incomplete } = this.#camera.stats;
    return skipped + dropped + incomplete + this.#spoiled;
  }

  /** Nothing is known before the first image. */
  async info(): Promise<StreamInfo> {
    return {};
  }

  async *frames(options: { memory?: FrameMemory; signal?: AbortSignal } = {}): AsyncIterableIterator<Frame> {
    const { memory, signal } = options;
    const { originals = false } = this.#options;
    const imageOptions: ImageOptions = { ...this.#options, ...imageTools() };
    const decoder = new ImageDecoder(imageOptions);
    let decoded = false;
    for await (const image of this.#camera.images({ signal })) {
      try {
        const frame =
          memory === undefined
            ? lentFrame(decoder, image, originals)
            : await frameInto(memory, image, imageOptions, signal);
        decoded = true;
        if (frame !== undefined) yield frame;
      } catch (error) {
        // A camera that never was readable is an error; one spoiled image among good ones is not the end of the stream.
        if (!decoded || !isImagesFault(error)) throw error;
        this.#spoiled++;
        this.#options.onTrouble?.(error);
      }
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return this.frames();
  }

  close(): Promise<void> {
    return this.#camera.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/** What an image can be blamed for; all else is the consumer's (a ring that is too small for it) or ours. */
const imageFaults: readonly ErrorCode[] = [
  'TINE_INVALID',
  'TRUNCATED',
  'NOT_DECODED',
  'JPEG_INVALID',
  'LIMIT_EXCEEDED',
];

function isImagesFault(error: unknown): error is FramelaneError {
  return error instanceof FramelaneError && imageFaults.includes(error.code);
}

/** A frame over the image's own bytes, which goes back with it, or decoded, and the image goes back at once. */
function lentFrame(decoder: ImageDecoder, image: TineImageMessage, originals: boolean): Frame {
  const copy = originals ? image.bytes.slice() : undefined;
  const noted = (frame: Frame) =>
    copy === undefined ? frame : noteOriginal(frame, { heldBytes: copy.length, read: async () => copy });
  try {
    const frame = decoder.toFrame(image.bytes);
    if (frame.data.buffer !== image.bytes.buffer) {
      image.release();
      return noted(frame);
    }
    const { format, width, height, planes, captureTime, sequence, metadata, area } = frame;
    const onRelease = () => image.release();
    return noted(new Frame({ format, width, height, planes, captureTime, sequence, metadata, area, onRelease }));
  } catch (error) {
    image[Symbol.dispose]();
    throw error;
  }
}

/** The image's pixels in the consumer's memory; undefined when it has no room. */
async function frameInto(
  memory: FrameMemory,
  image: TineImageMessage,
  options: ImageOptions,
  signal: AbortSignal | undefined,
): Promise<Frame | undefined> {
  using held = image;
  const plan = planImage(held.bytes, options);
  const space = await memory.space(plan.spec, signal);
  if (space === undefined) return undefined;
  try {
    fillPixels(plan, space, options);
  } catch (error) {
    space.abandon();
    throw error;
  }
  return space.finish(imageFacts(plan));
}
