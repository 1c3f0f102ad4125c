import type { Part, Size } from '../part.js';
import { openCameras } from './cameras.js';

/** Images of the raw camera over TCP, not decoded. */
export async function openWire(size: Size): Promise<Part> {
  const { raw, imageBytes, close } = await openCameras(size);
  return {
    async iterate() {
      using image = await raw.get();
      if (image.bytes.length !== imageBytes) throw new Error(`an image of ${image.bytes.length} bytes`);
    },
    close,
  };
}
