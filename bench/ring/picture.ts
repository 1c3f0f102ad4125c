import { type FrameSpec, frameBytes } from '../../src/frame/index.js';

/** The frames of a group of measurements. */
export interface Picture {
  /** Key and label, such as "1080p". */
  readonly name: string;
  readonly spec: FrameSpec;
  readonly bytes: number;
  /** Number of the format in a slot header. */
  readonly code: number;
}

const picture = (name: string, format: 'bgrx32' | 'rgb24', width: number, height: number, code: number): Picture => {
  const spec = { format, width, height };
  return { name, spec, bytes: frameBytes(spec), code };
};

/** 1080p with 32 bits a pixel, and 4K with 24. */
export const pictures = {
  '1080p': picture('1080p', 'bgrx32', 1920, 1080, 7),
  '4k': picture('4k', 'rgb24', 3840, 2160, 3),
} as const;

/** In words. */
export const describe = ({ name, spec, bytes }: Picture) =>
  `${name} ${spec.format}, ${spec.width}x${spec.height}, ${(bytes / 1e6).toFixed(1)} MB a frame`;
