import fc from 'fast-check';
import {
  allocateFrame,
  type Frame,
  type FrameSpec,
  frameLayout,
  type PixelFormat,
  pixelFormats,
} from '../../src/frame/index.js';

export const anyFormat: fc.Arbitrary<PixelFormat> = fc.constantFrom(...pixelFormats);

/** Sizes around the ones that go wrong: single rows and columns, odd, even. */
const anySide = fc.integer({ min: 1, max: 37 });

/** A spec of any format with rows that are padded by 0 to 9 bytes, each plane by its own. */
export function anySpec(format = anyFormat): fc.Arbitrary<Required<FrameSpec>> {
  return fc
    .record({ format, width: anySide, height: anySide, padding: fc.array(fc.nat(9), { minLength: 3, maxLength: 3 }) })
    .map(({ padding, ...spec }) => {
      const strides = frameLayout(spec).planes.map((plane, index) => plane.rowBytes + (padding[index] as number));
      return { ...spec, strides };
    });
}

/** Bytes that look random but are the same each time: xorshift from a seed. */
export function fillNoise(bytes: Uint8Array, seed = 1): void {
  let state = (seed | 1) >>> 0;
  for (let index = 0; index < bytes.length; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state >>> 11;
  }
}

/** A frame of that spec full of noise, in its padding too. */
export function noisyFrame(spec: FrameSpec, seed = 1): Frame {
  const frame = allocateFrame(spec);
  frame.planes.forEach((plane, index) => {
    fillNoise(plane.data, seed + 7919 * index);
  });
  return frame;
}

export function anyFrame(format = anyFormat): fc.Arbitrary<Frame> {
  return fc.tuple(anySpec(format), fc.integer({ min: 1 })).map(([spec, seed]) => noisyFrame(spec, seed));
}

/** The bytes of a frame that carry pixels, row by row: the slow and obvious way, to compare others with. */
export function pixelBytes(frame: Frame): Uint8Array {
  const bytes: number[] = [];
  frameLayout(frame).planes.forEach(({ rowBytes, rows }, index) => {
    const plane = frame.planes[index];
    if (plane === undefined) throw new Error(`plane ${index} is missing`);
    for (let row = 0; row < rows; row++) {
      for (let byte = 0; byte < rowBytes; byte++) bytes.push(plane.data[row * plane.stride + byte] as number);
    }
  });
  return Uint8Array.from(bytes);
}
