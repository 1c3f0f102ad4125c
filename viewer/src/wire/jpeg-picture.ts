import { pixelFormatCodes } from '../../../src/frame/index.js';
import { type MessageHeader, pictureEncodings } from '../../../src/view/wire.js';
import type { BufferPool } from './buffer-pool.js';

/** A compressed picture as the message that would have carried its pixels, as rgba32. */
export async function decodeJpeg(
  header: MessageHeader,
  body: ArrayBuffer,
  pool: BufferPool,
): Promise<{ header: MessageHeader; body: ArrayBuffer }> {
  const { textBytes, bodyBytes, width, height } = header;
  const jpeg = new Blob([new Uint8Array(body, textBytes, bodyBytes - textBytes)], { type: 'image/jpeg' });
  const bitmap = await createImageBitmap(jpeg, { colorSpaceConversion: 'none' });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = pool.take(data.length);
  new Uint8Array(pixels).set(data);
  return {
    header: {
      ...header,
      encoding: pictureEncodings.raw,
      format: pixelFormatCodes.rgba32,
      strides: [4 * width, 0, 0],
      textBytes: 0,
      bodyBytes: data.length,
    },
    body: pixels,
  };
}
