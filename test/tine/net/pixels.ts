import { decodeImage, imageFormats } from '../../../src/tine/index.js';

/** The bytes that the recorded servers put in an image of that size, by their formulas. */
export function expectedPixels(image: Uint8Array): Uint8Array {
  const { header } = decodeImage(image);
  const { sourceWidth: width, sourceHeight: height, bytesPerPixel, imageFormat, frameNumber: n } = header;
  const out = new Uint8Array(width * height * bytesPerPixel);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * bytesPerPixel;
      if (imageFormat === imageFormats.RGB24) out.set([x + n, y + n, x ^ y], at);
      else if (bytesPerPixel === 1) out[at] = x + 3 * y + 7 * n;
      else {
        const value = ((x + 3 * y + 7 * n) * 16) & 0xfff;
        out.set([value & 0xff, value >> 8], at);
      }
    }
  }
  return out;
}
