import type { Tile } from '../state/grid-watch.js';
import { GlPicture, type Ground } from './gl-picture.js';

/** Largest side of a small picture, dots. */
const mostDots = 640;

/** Colour of the strips beside small pictures. */
const ground: Ground = [0.03, 0.04, 0.05];

/** Draws any number of small pictures with one drawing context: browsers have about sixteen. */
export class TilePainter {
  readonly #picture: GlPicture;
  readonly #asked = new Map<Tile, HTMLCanvasElement>();
  #request = 0;

  /** Throws where the browser has no WebGL 2. */
  constructor() {
    this.#picture = new GlPicture(new OffscreenCanvas(1, 1));
  }

  /** Draws the tile's picture on that canvas before the screen is next refreshed. */
  ask(tile: Tile, canvas: HTMLCanvasElement | null): void {
    if (canvas === null || tile.frame === undefined) return;
    this.#asked.set(tile, canvas);
    if (this.#request === 0) this.#request = requestAnimationFrame(() => this.#draw());
  }

  /** Gives the drawing context back. */
  close(): void {
    cancelAnimationFrame(this.#request);
    this.#asked.clear();
    this.#picture.close();
  }

  #draw(): void {
    this.#request = 0;
    for (const [tile, canvas] of this.#asked) this.#drawTile(tile, canvas);
    this.#asked.clear();
  }

  #drawTile({ frame, levels }: Tile, canvas: HTMLCanvasElement): void {
    if (frame === undefined) return;
    const scale = Math.min(1, mostDots / Math.max(frame.width, frame.height));
    const width = Math.max(1, Math.round(frame.width * scale));
    const height = Math.max(1, Math.round(frame.height * scale));
    const own = this.#picture.canvas;
    if (own.width !== width || own.height !== height) [own.width, own.height] = [width, height];
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    this.#picture.draw(frame, { x: 0, y: 0, pixelsADot: 1 / scale }, levels.look, ground);
    canvas.getContext('2d')?.drawImage(own, 0, 0);
  }
}
