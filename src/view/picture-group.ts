import type { EncodedPicture } from './encoded-picture.js';

/** Pictures and bytes of a group that are kept; of a longer one nobody can be given the beginning. */
const mostPictures = 300;
const mostBytes = 16 << 20;

/** The pictures since the last key frame: what a decoder needs that begins now. */
export class PictureGroup {
  #pictures: EncodedPicture[] = [];
  #bytes = 0;

  /** All pictures since the key frame; none before the first one, or when there are too many. */
  get pictures(): readonly EncodedPicture[] {
    return this.#pictures;
  }

  /** Adds the next picture. */
  add(picture: EncodedPicture): void {
    if (picture.keyFrame) this.clear();
    else if (this.#pictures.length === 0) return;
    this.#pictures.push(picture);
    this.#bytes += picture.data.length;
    if (this.#pictures.length > mostPictures || this.#bytes > mostBytes) this.clear();
  }

  /** Lets all of them go. */
  clear(): void {
    this.#pictures = [];
    this.#bytes = 0;
  }
}
