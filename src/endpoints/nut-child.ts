import { closeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { type ByteInput, DescriptorInput, StreamInput } from './byte-input.js';
import { FfmpegChild } from './ffmpeg-child.js';
import { makePipe } from './kernel-pipe.js';
import { NutReader } from './nut-reader.js';

/** Bytes of encoded video read in one go: a few pictures. */
const encodedBuffer = 256 << 10;

/** What ffmpeg is told so that its NUT comes without delay and its memory does not grow from hour to hour. */
export const nutOutput = ['-map_chapters', '-1', '-flush_packets', '1', '-write_index', '0', '-f', 'nut', 'pipe:1'];

/** An ffmpeg whose output is read packet by packet, and that is fed while it runs, where it is. */
export class NutChild {
  /** Its packets. */
  readonly reader: NutReader;
  readonly #child: FfmpegChild;
  readonly #output: ByteInput;
  #fed = true;

  /**
   * Starts it; `args` are all but {@link nutOutput}. Pixels come through a kernel pipe, straight into the reader's memory;
   * encoded video through a stream, which occupies no thread while it waits.
   */
  constructor(task: string, args: readonly string[], { input = true, pixels = false } = {}) {
    const stdin = input ? 'pipe' : 'ignore';
    if (pixels) {
      const [readEnd, writeEnd] = makePipe();
      this.#child = new FfmpegChild(task, [...args, ...nutOutput], stdin, writeEnd);
      closeSync(writeEnd); // Ours: the read end only ends when nobody can write any more.
      this.#output = new DescriptorInput(readEnd);
    } else {
      this.#child = new FfmpegChild(task, [...args, ...nutOutput], stdin, 'pipe');
      this.#output = new StreamInput(this.#child.process.stdout as Readable);
    }
    this.reader = new NutReader(this.#output, pixels ? undefined : encodedBuffer);
    // An ffmpeg that ends early is told of by finish(): writing to it just fails.
    this.#child.process.stdin?.on('error', () => {
      this.#fed = false;
    });
  }

  /** Writes bytes into its standard input; the memory is free once this has settled. False once it takes no more. */
  feed(bytes: Uint8Array): Promise<boolean> {
    const { stdin } = this.#child.process;
    if (!this.#fed || stdin == null || stdin.destroyed) return Promise.resolve(false);
    return new Promise((resolve) => {
      stdin.write(bytes, (error) => resolve(error == null));
    });
  }

  /** Its input is over: it puts out what it still has, and ends. */
  endInput(): void {
    this.#child.process.stdin?.end();
  }

  /** Waits for its end. Throws `TOOL_MISSING`, or `CHILD_FAILED` with its last words. */
  finish(): Promise<void> {
    return this.#child.finish();
  }

  /** Ends it at once and closes everything; idempotent. */
  async close(): Promise<void> {
    await this.#child.close();
    await this.#output.close();
  }
}
