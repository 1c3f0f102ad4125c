import type { Frame } from '../frame/index.js';
import { canCompress, type PictureForm } from './picture.js';
import type { PictureQuality } from './wire.js';

type Form = Omit<PictureForm, 'width'>;

/** What each word of a view's query means. */
const forms: Readonly<Record<Exclude<PictureQuality, 'auto'>, Form>> = {
  raw: { reduction: 1, jpeg: false },
  half: { reduction: 2, jpeg: false },
  quarter: { reduction: 4, jpeg: false },
  jpeg: { reduction: 1, jpeg: true },
};

/** From exact to small; sensors' own numbers are never compressed. */
const stepsOfPictures: readonly Form[] = [
  forms.raw,
  forms.jpeg,
  { reduction: 2, jpeg: true },
  { reduction: 4, jpeg: true },
];
const stepsOfNumbers: readonly Form[] = [forms.raw, forms.half, forms.quarter, { reduction: 8, jpeg: false }];
const lastStep = stepsOfPictures.length - 1;

/** What a viewer got in the last second. */
export interface Delivery {
  /** Frames that its cameras gave. */
  readonly offered: number;
  /** Frames that were sent. */
  readonly sent: number;
  /** Bytes a second that arrived. */
  readonly bytesPerSecond: number;
}

/** A link that takes so many bytes a second is not slow: whatever a page misses then, smaller pictures would not help. */
const slowLink = 60e6;

/** Seconds of a bad link before pictures become smaller. */
const badSeconds = 2;

/** Seconds of a good link before larger pictures are tried, at first and at most. */
const goodSeconds = { first: 6, most: 120 } as const;

/**
 * How a view's pictures are sent: as the viewer chose, or by what arrives. On a slow link they become smaller until most of
 * them arrive; after a while larger ones are tried, less and less often when that fails.
 */
export class Quality {
  readonly #chosen: PictureQuality;
  #step = 0;
  #bad = 0;
  #good = 0;
  #patience: number = goodSeconds.first;
  #trying = false;

  constructor(chosen: PictureQuality) {
    this.#chosen = chosen;
  }

  /** How a frame is to be sent now. */
  formOf(frame: Frame): Form {
    if (this.#chosen !== 'auto') return forms[this.#chosen];
    return (canCompress(frame) ? stepsOfPictures : stepsOfNumbers)[this.#step] as Form;
  }

  /** Judges a second. */
  judge({ offered, sent, bytesPerSecond }: Delivery): void {
    if (offered < 2 || this.#chosen !== 'auto') return;
    if (sent < 0.7 * offered && bytesPerSecond < slowLink) this.#judgeBad();
    else if (sent >= 0.9 * offered) this.#judgeGood();
    else this.#bad = 0;
  }

  #judgeBad(): void {
    this.#good = 0;
    this.#bad++;
    if (this.#bad < badSeconds || this.#step === lastStep) return;
    this.#bad = 0;
    this.#step++;
    if (this.#trying) this.#patience = Math.min(goodSeconds.most, 2 * this.#patience);
    this.#trying = false;
  }

  #judgeGood(): void {
    this.#bad = 0;
    this.#good++;
    if (this.#step === 0 || this.#good < this.#patience) return;
    this.#good = 0;
    this.#step--;
    this.#trying = true;
  }
}
