import { TurboJpeg } from '../../../src/jpeg/index.js';
import { ImageDecoder } from '../../../src/tine/index.js';
import type { Part, Size } from '../part.js';
import { openCameras } from './cameras.js';

/** The whole way: an image over the wire, decoded, as an array; raw gray16 and JPEG in turn. */
export async function openCycle(size: Size): Promise<Part> {
  const { raw, jpeg, close } = await openCameras(size);
  const decoder = new ImageDecoder({ jpeg: new TurboJpeg() });
  const samples = size.width * size.height;
  let turn = 0;
  return {
    async iterate() {
      const isRaw = turn++ % 2 === 0;
      using image = await (isRaw ? raw : jpeg).get();
      const { data, dtype, shape } = decoder.toArray(image.bytes);
      const right = isRaw
        ? dtype === 'uint16' && data.length === samples
        : shape.length === 3 && data.length === 3 * samples;
      if (!right) throw new Error(`image ${turn} came out as ${dtype} [${shape.join(', ')}]`);
    },
    close,
  };
}
