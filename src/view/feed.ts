import type { Camera } from './camera.js';
import type { EncodedPicture } from './encoded-picture.js';
import type { SharedFrame } from './shared-frame.js';

/** What a view shows of one camera. */
export interface ViewRequest {
  readonly camera: Camera;
  /** Pixels across that are wanted at least: pictures that are much wider lose pixels; Infinity: none is to be lost. */
  readonly width: number;
  /** Most frames a second; Infinity: all. Encoded pictures come at their own rate: each is needed for the next. */
  readonly fps: number;
}

/** Encoded pictures that may wait: what a group may have. */
const mostWaiting = 300;

/** What of one camera is to be sent next: of frames the newest, of encoded pictures all since a key frame. */
export class Feed {
  readonly camera: Camera;
  readonly width: number;
  readonly fps: number;
  /** Frames that were passed over, since the view began. */
  skipped = 0;
  /** Frames that the camera gave in this second. */
  offered = 0;
  #frame: SharedFrame | undefined;
  #pictures: EncodedPicture[] = [];
  #wantsKey = true;
  #sentAt = 0;

  constructor({ camera, width, fps }: ViewRequest) {
    this.camera = camera;
    this.width = width;
    this.fps = fps;
  }

  /** The newest frame; it takes the place of one that was not sent yet. */
  put(frame: SharedFrame): void {
    this.offered++;
    if (this.#frame !== undefined) {
      this.#frame.release();
      if (this.fps === Number.POSITIVE_INFINITY) this.skipped++;
    }
    this.#frame = frame.hold();
  }

  /** The next encoded picture. What still waits when a key frame comes is passed over; so is what nobody can decode. */
  putEncoded(picture: EncodedPicture): void {
    this.offered++;
    if (picture.keyFrame || this.#pictures.length >= mostWaiting) {
      this.skipped += this.#pictures.length;
      this.#pictures = [];
      this.#wantsKey = !picture.keyFrame;
    }
    if (this.#wantsKey) this.skipped++;
    else this.#pictures.push(picture);
  }

  /** Milliseconds until something may be sent: 0 now, Infinity when there is nothing. */
  wait(now: number): number {
    if (this.#pictures.length > 0) return 0;
    if (this.#frame === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(0, this.#sentAt + 1000 / this.fps - now);
  }

  /** What is to be sent now; a frame is to be released by whoever takes it. */
  take(now: number): SharedFrame | EncodedPicture | undefined {
    const picture = this.#pictures.shift();
    if (picture !== undefined) return picture;
    const frame = this.#frame;
    this.#frame = undefined;
    // Measured from when it was due, not from now: otherwise rates sink by the timers' jitter.
    const due = this.#sentAt + 1000 / this.fps;
    this.#sentAt = now - due < 1000 / this.fps ? due : now;
    return frame;
  }

  /** Lets go of what was not sent. */
  close(): void {
    this.#frame?.release();
    this.#frame = undefined;
    this.#pictures = [];
  }
}
