import { pixelFormatCodes } from '../../../src/frame/index.js';
import { type MessageHeader, pictureEncodings } from '../../../src/view/wire.js';
import type { BufferPool } from './buffer-pool.js';

/** A message with pixels. */
export interface PixelMessage {
  readonly header: MessageHeader;
  readonly body: ArrayBuffer;
}

/** A compressed picture as the message that would have carried its pixels, as gray8 or rgba32. */
export async function decodeJpeg(header: MessageHeader, body: ArrayBuffer, pool: BufferPool): Promise<PixelMessage> {
  const { textBytes, bodyBytes, width, height, format } = header;
  const jpeg = new Blob([new Uint8Array(body, textBytes, bodyBytes - textBytes)], { type: 'image/jpeg' });
  const bitmap = await createImageBitmap(jpeg, { colorSpaceConversion: 'none' });
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true }) as OffscreenCanvasRenderingContext2D;
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const gray = format === pixelFormatCodes.gray8;
  const bytes = gray ? width * height : data.length;
  const pixels = pool.take(bytes);
  if (gray) takeGray(data, new Uint8Array(pixels, 0, bytes));
  else new Uint8Array(pixels).set(data);
  const strides: [number, number, number] = [gray ? width : 4 * width, 0, 0];
  return {
    header: { ...header, encoding: pictureEncodings.raw, strides, textBytes: 0, bodyBytes: bytes },
    body: pixels,
  };
}

/** Of a gray picture all three colours are the same. */
function takeGray(rgba: Uint8ClampedArray, gray: Uint8Array): void {
  for (let pixel = 0; pixel < gray.length; pixel++) gray[pixel] = rgba[4 * pixel] as number;
}
