import type { CameraView } from '../state/camera-view.js';
import { GlPicture, type Ground } from './gl-picture.js';

/** Draws a camera's picture on its canvas whenever the picture, the levels or the section changed. */
export class StagePainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #view: CameraView;
  readonly #leave: readonly (() => void)[];
  readonly #resize: ResizeObserver;
  #picture: GlPicture;
  #request = 0;

  /** Throws where the browser has no WebGL 2. */
  constructor(canvas: HTMLCanvasElement, view: CameraView) {
    this.#canvas = canvas;
    this.#view = view;
    this.#picture = new GlPicture(canvas);
    this.#leave = [view.anotherFrame, view.viewport, view.levels].map((one) => one.subscribe(() => this.#ask()));
    this.#resize = new ResizeObserver((entries) => this.#fitCanvas(entries[0] as ResizeObserverEntry));
    this.#resize.observe(canvas);
    canvas.addEventListener('webglcontextlost', this.#contextLost);
    canvas.addEventListener('webglcontextrestored', this.#contextRestored);
    this.#ask();
  }

  /** Draws no more. */
  close(): void {
    for (const leave of this.#leave) leave();
    cancelAnimationFrame(this.#request);
    this.#resize.disconnect();
    this.#canvas.removeEventListener('webglcontextlost', this.#contextLost);
    this.#canvas.removeEventListener('webglcontextrestored', this.#contextRestored);
    this.#picture.close();
  }

  #ask(): void {
    if (this.#request === 0) this.#request = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#request = 0;
    const { frame, viewport, levels } = this.#view;
    if (frame === undefined || this.#picture.lost) return;
    this.#picture.draw(frame, viewport.section(frame.header.reduction), levels.look, groundOf(this.#canvas));
    this.#view.drawn(frame);
  }

  #fitCanvas(entry: ResizeObserverEntry): void {
    const box = entry.devicePixelContentBoxSize?.[0];
    const width = box?.inlineSize ?? Math.round(entry.contentRect.width * devicePixelRatio);
    const height = box?.blockSize ?? Math.round(entry.contentRect.height * devicePixelRatio);
    this.#canvas.width = Math.max(1, width);
    this.#canvas.height = Math.max(1, height);
    this.#view.viewport.setScreen({ width, height });
    // At once: a canvas that was given a size is empty until it is drawn on.
    this.#draw();
  }

  readonly #contextLost = (event: Event): void => event.preventDefault();

  readonly #contextRestored = (): void => {
    this.#picture = new GlPicture(this.#canvas);
    this.#ask();
  };
}

/** The page's colour beside pictures. */
function groundOf(canvas: HTMLCanvasElement): Ground {
  const [red = 0, green = 0, blue = 0] = (getComputedStyle(canvas).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
  return [red / 255, green / 255, blue / 255];
}
