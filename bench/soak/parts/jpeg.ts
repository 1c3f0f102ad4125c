import { frameBytes } from '../../../src/frame/index.js';
import { TurboJpeg } from '../../../src/jpeg/index.js';
import type { Part, Size } from '../part.js';
import { picture } from './pictures.js';

/** Gray and colour JPEGs in turn, into one buffer. */
export function openJpeg({ width, height }: Size): Part {
  const turbo = new TurboJpeg();
  const jpegs = [turbo.encode(picture({ format: 'gray8', width, height })), colour(turbo, width, height)] as const;
  const into = new Uint8Array(frameBytes({ format: 'rgb24', width, height }));
  const last = width * height - 1;
  const expected = jpegs.map((jpeg) => turbo.decode(jpeg).data[last]);
  let turn = 0;
  return {
    iterate() {
      const index = turn++ % 2;
      into[last] = ~(expected[index] as number);
      turbo.decode(jpegs[index as 0 | 1], { into });
      if (into[last] !== expected[index]) throw new Error(`JPEG ${turn} came out wrong`);
    },
    close: () => undefined,
  };
}

const colour = (turbo: TurboJpeg, width: number, height: number) =>
  turbo.encode(picture({ format: 'rgb24', width, height }));
