import { type ColourMap, colourMaps } from '../../../src/frame/index.js';
import type { Histogram } from '../measure/histogram.js';
import type { Look } from '../picture/gl-picture.js';
import { isGray } from '../picture/shader.js';
import type { LiveFrame } from '../wire/live-frame.js';
import { Observable } from './observable.js';

/** Where black and white come from: the effective bits, the picture's percentiles, or the user. */
export type LevelMode = 'full' | 'auto' | 'window';

/** Which sample values are black and white, and in which colours what lies between is shown. */
export class Levels extends Observable {
  /** What the user chose. */
  #chosen: LevelMode | undefined;
  /** What suits the picture. */
  #fitting: LevelMode = 'full';
  #low = 0;
  #high = 255;
  #brightest = 255;
  #bits: number | undefined;
  #gray = true;
  /** Percent of the pixels that are black, and of those that are not white, in mode `auto`. */
  percentiles: readonly [number, number] = [0.5, 99.8];
  #colourMap: ColourMap = 'gray';
  #inverted = false;
  #marked = false;

  /** Sample value that is black. */
  get low(): number {
    return this.#low;
  }

  /** Sample value that is white. */
  get high(): number {
    return this.#high;
  }

  /** The largest value that the effective bits can say. */
  get brightest(): number {
    return this.#brightest;
  }

  /** Where black and white come from. */
  get mode(): LevelMode {
    return this.#chosen ?? this.#fitting;
  }

  /** Effective bits that the user has set; undefined: what the source says. */
  get bits(): number | undefined {
    return this.#bits;
  }

  /** Colours of gray pictures. */
  get colourMap(): ColourMap {
    return this.#colourMap;
  }

  /** Whether the colour map runs from bright to dark. */
  get inverted(): boolean {
    return this.#inverted;
  }

  /** Whether clipped samples are marked. */
  get marked(): boolean {
    return this.#marked;
  }

  /** Whether the picture has one value a pixel, so that colour maps apply. */
  get gray(): boolean {
    return this.#gray;
  }

  /** Follows a frame: its bits, and in mode `auto` its percentiles. */
  follow(frame: LiveFrame, histogram: () => Histogram): void {
    const bits = Math.min(this.#bits ?? frame.effectiveBits, frame.format.endsWith('16le') ? 16 : 8);
    const before = this.#words();
    // 16 bits of which nobody says how many carry something: by their range, a 12-bit camera would be black.
    this.#fitting = bits === 16 && !frame.saysBits && this.#bits === undefined ? 'auto' : 'full';
    this.#brightest = 2 ** bits - 1;
    this.#gray = isGray(frame.format);
    if (this.mode === 'full') [this.#low, this.#high] = [0, this.#brightest];
    if (this.mode === 'auto') [this.#low, this.#high] = this.#automatic(histogram());
    if (before !== this.#words()) this.changed();
  }

  /** Chooses where black and white come from. */
  setMode(mode: LevelMode): void {
    this.#chosen = mode;
    this.changed();
  }

  /** The user's black and white; kept apart by at least one. */
  setWindow(low: number, high: number): void {
    this.#chosen = 'window';
    const most = this.#brightest;
    this.#low = Math.round(Math.min(Math.max(low, 0), most - 1));
    this.#high = Math.round(Math.max(Math.min(high, most), this.#low + 1));
    this.changed();
  }

  /** Effective bits; undefined: what the source says. */
  setBits(bits: number | undefined): void {
    this.#bits = bits;
    if (this.#chosen === 'window') this.#chosen = undefined;
    this.changed();
  }

  /** Percentiles of mode `auto`. */
  setPercentiles(low: number, high: number): void {
    this.percentiles = [Math.min(Math.max(low, 0), 49), Math.max(Math.min(high, 100), 51)];
    this.#chosen = 'auto';
    this.changed();
  }

  /** Colours of gray pictures. */
  setColours(map: ColourMap, inverted = this.#inverted): void {
    this.#colourMap = map;
    this.#inverted = inverted;
    this.changed();
  }

  /** The next colour map in turn. */
  nextColours(): void {
    const index = colourMaps.indexOf(this.#colourMap);
    this.setColours(colourMaps[(index + 1) % colourMaps.length] as ColourMap);
  }

  /** Marks clipped samples, or not. */
  setMarked(marked: boolean): void {
    this.#marked = marked;
    this.changed();
  }

  /** How the picture is drawn. */
  get look(): Look {
    const { low, high, colourMap, inverted } = this;
    return { low, high, colourMap, inverted, markFrom: this.#marked ? this.#brightest : 0 };
  }

  #words(): string {
    return `${this.mode} ${this.#low} ${this.#high} ${this.#brightest} ${this.#gray}`;
  }

  #automatic(histogram: Histogram): [number, number] {
    const low = histogram.percentile(this.percentiles[0]);
    // One value only: black, not a division by nothing.
    return [low, Math.max(low + 1, histogram.percentile(this.percentiles[1]))];
  }
}
