import { encodeImage, ImageDecoder, imageFlags } from '../../../src/tine/index.js';
import type { Part, Size } from '../part.js';
import { picture } from './pictures.js';

const flagsOffset = 168;
const pixelsOffset = 188;

/** A 16-bit image as a big-endian server sends it. */
function bigEndian(image: Uint8Array): Uint8Array {
  const view = new DataView(image.buffer, image.byteOffset);
  view.setInt32(flagsOffset, view.getInt32(flagsOffset, true) & ~imageFlags.LITTLE_ENDIAN, true);
  for (let at = pixelsOffset; at < image.length; at += 2) view.setUint16(at, view.getUint16(at, true), false);
  return image;
}

/** Headers and raw pixels to arrays: gray8 as a view, big-endian gray16 turned into recycled memory. */
export function openHeader({ width, height }: Size): Part {
  const gray8 = encodeImage(picture({ format: 'gray8', width, height }));
  const gray16be = bigEndian(encodeImage(picture({ format: 'gray16le', width, height })));
  const decoder = new ImageDecoder();
  const last = width * height - 1;
  const expected = [gray8, gray16be].map((image) => decoder.toArray(image).data[last]);
  let turn = 0;
  return {
    iterate() {
      const index = turn++ % 2;
      const { data } = decoder.toArray(index === 0 ? gray8 : gray16be);
      if (data[last] !== expected[index]) throw new Error(`image ${turn} came out wrong`);
    },
    close: () => undefined,
  };
}
