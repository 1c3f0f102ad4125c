import type { Section } from '../picture/gl-picture.js';
import { Observable } from './observable.js';

/** Sizes in dots of the screen. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** A place in the picture, in pixels of the whole picture, the top left pixel's corner being 0, 0. */
export interface Place {
  readonly x: number;
  readonly y: number;
}

/** Most dots that a pixel is drawn with. */
const mostZoom = 64;

/** Which part of the picture is on the screen. All lengths on the screen are in dots (device pixels). */
export class Viewport extends Observable {
  #screen: Size = { width: 1, height: 1 };
  #picture: Size = { width: 1, height: 1 };
  #centre: Place = { x: 0.5, y: 0.5 };
  #zoom = 1;
  #fits = true;

  /** Dots a pixel. */
  get zoom(): number {
    return this.#zoom;
  }

  /** Whether the whole picture is shown, whatever its size and the window's. */
  get fits(): boolean {
    return this.#fits;
  }

  /** Size of the whole picture in pixels. */
  get picture(): Size {
    return this.#picture;
  }

  /** Size of the canvas in dots. */
  get screen(): Size {
    return this.#screen;
  }

  /** The canvas has that size now. */
  setScreen(screen: Size): void {
    this.#screen = { width: Math.max(1, screen.width), height: Math.max(1, screen.height) };
    this.#settle();
  }

  /** The picture has that size now. */
  setPicture(picture: Size): void {
    if (picture.width === this.#picture.width && picture.height === this.#picture.height) return;
    this.#picture = picture;
    this.#fits = true;
    this.#settle();
  }

  /** Shows the whole picture. */
  fit(): void {
    this.#fits = true;
    this.#settle();
  }

  /** So many dots a pixel; the place under that dot of the canvas stays where it is. */
  zoomTo(zoom: number, dot: Place = { x: this.#screen.width / 2, y: this.#screen.height / 2 }): void {
    const fixed = this.placeAt(dot);
    this.#fits = false;
    this.#zoom = Math.min(mostZoom, Math.max(Math.min(1, this.#fitZoom()) / 4, zoom));
    this.#centre = {
      x: fixed.x - (dot.x - this.#screen.width / 2) / this.#zoom,
      y: fixed.y - (dot.y - this.#screen.height / 2) / this.#zoom,
    };
    this.#settle();
  }

  /** Moves the picture by so many dots. */
  panBy(x: number, y: number): void {
    this.#fits = false;
    this.#centre = { x: this.#centre.x - x / this.#zoom, y: this.#centre.y - y / this.#zoom };
    this.#settle();
  }

  /** Moves the picture until that place is on the screen. */
  reveal(place: Place): void {
    const dot = this.dotAt(place);
    const beyond = (at: number, most: number) => Math.min(0, at - 16) + Math.max(0, at + 16 - most);
    const x = beyond(dot.x, this.#screen.width);
    const y = beyond(dot.y, this.#screen.height);
    if (x !== 0 || y !== 0) this.panBy(-x, -y);
  }

  /** The place in the picture under a dot of the canvas. */
  placeAt(dot: Place): Place {
    const { x, y } = this.#corner();
    return { x: x + dot.x / this.#zoom, y: y + dot.y / this.#zoom };
  }

  /** The dot of the canvas over a place in the picture. */
  dotAt(place: Place): Place {
    const { x, y } = this.#corner();
    return { x: (place.x - x) * this.#zoom, y: (place.y - y) * this.#zoom };
  }

  /** The section of a picture of which only every n-th pixel is there. */
  section(reduction: number): Section {
    const { x, y } = this.#corner();
    return { x: x / reduction, y: y / reduction, pixelsADot: 1 / (this.#zoom * reduction) };
  }

  /** Of whole dots, so that at 1:1 each pixel is exactly one dot. */
  #corner(): Place {
    const whole = (centre: number, screen: number) =>
      Math.round((centre - screen / 2 / this.#zoom) * this.#zoom) / this.#zoom;
    return { x: whole(this.#centre.x, this.#screen.width), y: whole(this.#centre.y, this.#screen.height) };
  }

  #fitZoom(): number {
    return Math.min(this.#screen.width / this.#picture.width, this.#screen.height / this.#picture.height);
  }

  #settle(): void {
    const { width, height } = this.#picture;
    if (this.#fits) {
      this.#zoom = Math.min(mostZoom, this.#fitZoom());
      this.#centre = { x: width / 2, y: height / 2 };
    }
    const inside = (value: number, most: number) => Math.min(most, Math.max(0, value));
    this.#centre = { x: inside(this.#centre.x, width), y: inside(this.#centre.y, height) };
    this.changed();
  }
}
