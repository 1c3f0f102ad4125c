import { type LineProfile, lineProfile } from '../measure/line-profile.js';
import { type RegionFacts, regionFacts } from '../measure/region.js';
import type { LiveFrame } from '../wire/live-frame.js';
import { Observable } from './observable.js';
import type { Place } from './viewport.js';

/** Two places in the picture: the ends of a line, or opposite corners of a region. */
export interface Span {
  readonly from: Place;
  readonly to: Place;
}

/** What dragging on the picture does. */
export type Tool = 'move' | 'levels' | 'line' | 'region';

/** What the user has marked in the picture, and what was measured there. */
export class Marks extends Observable {
  #tool: Tool = 'move';
  #pixel: Place | undefined;
  #line: Span | undefined;
  #region: Span | undefined;
  #profile: LineProfile | undefined;
  #facts: RegionFacts | undefined;
  #frame: LiveFrame | undefined;
  #corner: { readonly tool: 'line' | 'region'; readonly at: Place } | undefined;

  /** What dragging does. */
  get tool(): Tool {
    return this.#tool;
  }

  /** The pixel under the pointer or the keyboard's cross, in whole pixels of the whole picture. */
  get pixel(): Place | undefined {
    return this.#pixel;
  }

  /** The line whose profile is shown. */
  get line(): Span | undefined {
    return this.#line;
  }

  /** The region that is measured. */
  get region(): Span | undefined {
    return this.#region;
  }

  /** The numbers along the line. */
  get profile(): LineProfile | undefined {
    return this.#profile;
  }

  /** What was measured in the region, or in the whole picture. */
  get facts(): RegionFacts | undefined {
    return this.#facts;
  }

  /** Mean brightness of the region, or of the whole picture. */
  get intensity(): number | null {
    return this.#facts?.mean[0] ?? null;
  }

  /** Chooses what dragging does. */
  setTool(tool: Tool): void {
    this.#tool = tool;
    this.changed();
  }

  /** The pointer is over that pixel, or over none. */
  setPixel(pixel: Place | undefined): void {
    this.#pixel = pixel;
    this.changed();
  }

  /** Without a pointer: the first call marks where the span begins, the second where it ends. */
  markFromCross(tool: 'line' | 'region'): void {
    this.setTool(tool);
    const at = this.#pixel;
    if (at === undefined) return;
    const corner = this.#corner;
    this.#corner = corner?.tool === tool ? undefined : { tool, at };
    if (corner?.tool !== tool) return;
    if (tool === 'line') this.setLine({ from: corner.at, to: at });
    else this.setRegion(spanOfPixels(corner.at, at));
  }

  /** Removes line and region. */
  clear(): void {
    this.#corner = undefined;
    this.#line = undefined;
    this.setRegion(undefined);
  }

  /** Marks a line, or none. */
  setLine(line: Span | undefined): void {
    this.#line = line;
    this.#measureAgain();
  }

  /** Marks a region, or none. */
  setRegion(region: Span | undefined): void {
    this.#region = region;
    this.#measureAgain();
  }

  /** Measures what is marked in that frame. */
  measure(frame: LiveFrame): void {
    this.#frame = frame;
    this.#profile = this.#line === undefined ? undefined : lineProfile(frame, this.#line);
    this.#facts = regionFacts(frame, this.#region);
    this.changed();
  }

  #measureAgain(): void {
    if (this.#frame !== undefined) this.measure(this.#frame);
    else this.changed();
  }
}

/** The span that covers two pixels and all between them. */
function spanOfPixels(a: Place, b: Place): Span {
  return {
    from: { x: Math.min(a.x, b.x), y: Math.min(a.y, b.y) },
    to: { x: Math.max(a.x, b.x) + 1, y: Math.max(a.y, b.y) + 1 },
  };
}
