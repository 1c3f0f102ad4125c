import type { ImageMark } from './received-image.js';

/**
 * Recognises an image that a server sends a second time.
 *
 * A server that repeats an image may give it a new time stamp, so the frame number decides, once it was seen to count.
 * A server whose number never changes is judged by number and time stamp together; one that sets neither, not at all.
 */
export class RepeatFilter {
  #last: ImageMark | undefined;
  #counts = false;

  /** Whether this image is the one before once more. */
  isRepeat(mark: ImageMark): boolean {
    const last = this.#last;
    this.#last = mark;
    if (last === undefined) return false;
    if (mark.frameNumber !== last.frameNumber) {
      this.#counts = mark.frameNumber !== 0 && last.frameNumber !== 0;
      return false;
    }
    if (this.#counts) return true;
    const timed = mark.seconds !== 0;
    return timed && mark.seconds === last.seconds && mark.microseconds === last.microseconds;
  }
}
