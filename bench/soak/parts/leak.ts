import type { Part } from '../part.js';

/** Bytes of array buffers that are lost an iteration: as many as the module of PyTine loses an image. */
export const leakedBytes = 106;

/** Loses memory on purpose: what a soak that sees nothing is worth is seen here. */
export function openLeak(): Part {
  const kept: Uint8Array[] = [];
  return {
    iterate() {
      kept.push(new Uint8Array(leakedBytes));
    },
    close: () => undefined,
  };
}
