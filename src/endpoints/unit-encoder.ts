import type { Frame } from '../frame/frame.js';
import { effectiveBitsKey } from '../frame/levels.js';
import { AccessUnit, isNalCodec, nalUnitsOf } from '../nal/index.js';
import { nalScanner } from '../net/index.js';
import { type EncodingOptions, encoderArguments, type Rate } from './encoding.js';
import { NutChild } from './nut-child.js';
import { PixelPacker } from './pixel-packer.js';

/** Pictures that an encoder may hold back before we think that it lost one. */
const mostHeld = 256;

/** Frames of one size and format in, access units out, in an ffmpeg of its own. */
export class UnitEncoder {
  readonly #child: NutChild;
  readonly #rate: Rate;
  readonly #options: EncodingOptions;
  readonly #packer = new PixelPacker();
  readonly #shape: string;
  /** When frames were taken, and their numbers, by their place in the stream. */
  readonly #facts = new Map<number, { captureTime: bigint; sequence: number }>();
  #count = 0;

  /** Starts it for frames like this one. */
  constructor(like: Frame, rate: Rate, options: EncodingOptions) {
    this.#rate = rate;
    this.#options = options;
    this.#shape = shapeOf(like);
    const task = `encode ${this.#shape} as ${options.codec}`;
    this.#child = new NutChild(task, encoderArguments(like, rate, options));
  }

  /** Whether a frame can be encoded here. */
  fits(frame: Frame): boolean {
    return shapeOf(frame) === this.#shape;
  }

  /** Takes a frame; its pixels are free once this has settled. False once the encoder has ended. */
  async write(frame: Frame): Promise<boolean> {
    let taken = true;
    const { captureTime, sequence } = frame;
    this.#facts.set(this.#count++, { captureTime, sequence });
    await this.#packer.pack(frame, async (bytes) => {
      taken = taken && (await this.#child.feed(bytes));
    });
    return taken;
  }

  /** No more frames come. */
  end(): void {
    this.#child.endInput();
  }

  /** The units, each as soon as it is encoded. Throws `TOOL_MISSING`, `CHILD_FAILED`. */
  async *units(): AsyncGenerator<AccessUnit, void> {
    const { reader } = this.#child;
    for (let packet = await reader.next(); packet !== undefined; packet = await reader.next()) {
      const data = await reader.bytes(packet);
      if (data === undefined) break;
      const { codec } = this.#options;
      const nalUnits = isNalCodec(codec) ? nalUnitsOf(data, nalScanner()) : undefined;
      yield new AccessUnit({ codec, data, nalUnits, keyFrame: packet.key, ...this.#factsAt(packet.seconds) });
    }
    await this.#child.finish();
  }

  /** Ends it at once; idempotent. */
  close(): Promise<void> {
    return this.#child.close();
  }

  #factsAt(seconds: number): { captureTime: bigint; sequence: number } | undefined {
    const index = Math.round((seconds * this.#rate.num) / this.#rate.den);
    const facts = this.#facts.get(index);
    this.#facts.delete(index);
    this.#facts.delete(index - mostHeld);
    return facts;
  }
}

function shapeOf({ width, height, format, metadata }: Frame): string {
  const bits = format === 'gray16le' ? metadata[effectiveBitsKey] : undefined;
  return `${width}x${height} ${format}${bits === undefined ? '' : ` of ${bits} bits`}`;
}
