import { TurboJpeg } from '../jpeg/index.js';
import { native } from '../native.js';
import type { ImageOptions } from '../tine/index.js';

/** What the decoders of TINE images get from this machine: libjpeg-turbo, and bytes exchanged by the addon if it is there. */
export function imageTools(): Pick<ImageOptions, 'jpeg' | 'swap16'> {
  const jpeg = new TurboJpeg();
  try {
    return { jpeg, swap16: native().copySwapped16 };
  } catch {
    return { jpeg }; // TypeScript exchanges them: at half the speed
  }
}
