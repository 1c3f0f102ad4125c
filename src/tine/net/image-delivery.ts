import type { ImagePool } from './image-pool.js';
import type { LinkStats } from './link-action.js';
import type { AssembledBody, Reassembly } from './reassembly.js';
import { imageMark, ReceivedImage } from './received-image.js';
import { RepeatFilter } from './repeat-filter.js';
import { returnCode } from './return-code.js';

/** Hands out images that are put together, each in the buffer it was put together in, and counts what it does. */
export class ImageDelivery {
  readonly #filter = new RepeatFilter();

  constructor(
    private readonly pool: ImagePool,
    private readonly stats: LinkStats,
    /** Whether repeated images are left out. */
    private readonly distinct: boolean,
  ) {}

  /**
   * The image whose `bytes` lie in the reassembly's buffer, which is exchanged for a free one; undefined when it is a
   * repeat, or when all buffers are on loan.
   */
  take(bytes: Uint8Array, body: AssembledBody, reassembly: Reassembly, now: number): ReceivedImage | undefined {
    const mark = imageMark(bytes);
    if (this.#filter.isRepeat(mark) && this.distinct) {
      this.stats.repeats++;
      return undefined;
    }
    const next = this.pool.take();
    if (next === undefined) {
      this.stats.dropped++;
      return undefined;
    }
    const { code, name } = returnCode(body.header.retCode);
    const warning = code === 0 ? undefined : { code, name, text: body.status };
    const filled = reassembly.exchange(next);
    this.stats.images++;
    return new ReceivedImage(bytes, mark, now, warning, () => this.pool.give(filled));
  }
}
