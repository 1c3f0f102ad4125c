import type { CameraView } from './camera-view.js';
import type { Place } from './viewport.js';

/** What a drag does, from its start on. */
interface Drag {
  readonly move: (dot: Place, before: Place) => void;
}

/** Zoom of one notch of the wheel. */
const wheelStep = 0.0015;

/** Turns pointers and wheels on the picture into what they mean: mouse, pen, one finger or two. */
export class Gestures {
  readonly #element: HTMLElement;
  readonly #view: CameraView;
  readonly #pointers = new Map<number, Place>();
  readonly #listening = new AbortController();
  #drag: Drag | undefined;

  constructor(element: HTMLElement, view: CameraView) {
    this.#element = element;
    this.#view = view;
    const options = { signal: this.#listening.signal };
    element.addEventListener('pointerdown', (event) => this.#down(event), options);
    element.addEventListener('pointermove', (event) => this.#move(event), options);
    element.addEventListener('pointerleave', () => this.#drag ?? view.marks.setPixel(undefined), options);
    for (const end of ['pointerup', 'pointercancel'] as const) {
      element.addEventListener(end, (event) => this.#up(event), options);
    }
    element.addEventListener('wheel', (event) => this.#wheel(event), { ...options, passive: false });
    element.addEventListener('dblclick', (event) => this.#toggleZoom(event), options);
    element.addEventListener('contextmenu', (event) => event.preventDefault(), options);
  }

  /** Listens no more. */
  close(): void {
    this.#listening.abort();
  }

  #down(event: PointerEvent): void {
    const dot = this.#dotOf(event);
    this.#element.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, dot);
    this.#drag = this.#pointers.size === 1 ? this.#begin(event, dot) : undefined;
  }

  #move(event: PointerEvent): void {
    const dot = this.#dotOf(event);
    this.#point(dot);
    const before = this.#pointers.get(event.pointerId);
    if (before === undefined) return;
    if (this.#pointers.size === 2) this.#pinch(event.pointerId, before, dot);
    else this.#drag?.move(dot, before);
    this.#pointers.set(event.pointerId, dot);
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
    this.#drag = undefined;
  }

  /** The pixel under the pointer. */
  #point(dot: Place): void {
    const { x, y } = this.#view.viewport.placeAt(dot);
    const { width, height } = this.#view.viewport.picture;
    const inside = x >= 0 && y >= 0 && x < width && y < height;
    this.#view.marks.setPixel(inside ? { x: Math.floor(x), y: Math.floor(y) } : undefined);
  }

  #begin(event: PointerEvent, start: Place): Drag {
    const { marks, viewport } = this.#view;
    // The right button always sets levels, the middle one always moves, as viewers of medical pictures do.
    const tool = event.button === 2 ? 'levels' : event.button === 1 ? 'move' : marks.tool;
    const from = viewport.placeAt(start);
    switch (tool) {
      case 'levels':
        return { move: (dot, before) => this.#dragLevels(dot, before) };
      case 'line':
        return { move: (dot) => marks.setLine({ from, to: viewport.placeAt(dot) }) };
      case 'region':
        return { move: (dot) => marks.setRegion({ from, to: viewport.placeAt(dot) }) };
      default:
        return { move: (dot, before) => viewport.panBy(dot.x - before.x, dot.y - before.y) };
    }
  }

  /** To the right: more contrast; up: brighter. The whole canvas is the whole range. */
  #dragLevels(dot: Place, before: Place): void {
    const { levels, viewport } = this.#view;
    const right = ((dot.x - before.x) / viewport.screen.width) * levels.brightest;
    const up = ((before.y - dot.y) / viewport.screen.height) * levels.brightest;
    levels.setWindow(levels.low + right / 2 - up, levels.high - right / 2 - up);
  }

  #pinch(moved: number, before: Place, now: Place): void {
    const other = [...this.#pointers].find(([id]) => id !== moved)?.[1];
    if (other === undefined) return;
    const { viewport } = this.#view;
    const distance = (from: Place) => Math.max(1, Math.hypot(from.x - other.x, from.y - other.y));
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    viewport.panBy((now.x - before.x) / 2, (now.y - before.y) / 2);
    viewport.zoomTo((viewport.zoom * distance(now)) / distance(before), middle);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const { viewport } = this.#view;
    const notches = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 30 : event.deltaY;
    viewport.zoomTo(viewport.zoom * Math.exp(-notches * wheelStep), this.#dotOf(event));
    this.#point(this.#dotOf(event));
  }

  #toggleZoom(event: MouseEvent): void {
    const { viewport } = this.#view;
    if (viewport.fits) viewport.zoomTo(Math.max(1, viewport.zoom * 4), this.#dotOf(event));
    else viewport.fit();
  }

  #dotOf(event: MouseEvent): Place {
    const box = this.#element.getBoundingClientRect();
    const { screen } = this.#view.viewport;
    return {
      x: ((event.clientX - box.left) / box.width) * screen.width,
      y: ((event.clientY - box.top) / box.height) * screen.height,
    };
  }
}
