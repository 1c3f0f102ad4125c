import { FramelaneError } from '../error.js';
import { type FrameSpec, frameLayout } from './geometry.js';
import { type Metadata, noMetadata } from './metadata.js';
import { type PixelFormat, pixelFormatInfo } from './pixel-format.js';

/** One plane of a frame's pixels. */
export interface Plane {
  /** The plane's bytes, from its first pixel to the end of its last row at least. */
  readonly data: Uint8Array;
  /** Bytes from one row to the next. */
  readonly stride: number;
}

/** Where a frame's pixels were on the sensor when only a part of it was read out. All in pixels, origin top left. */
export interface AreaOfInterest {
  readonly x: number;
  readonly y: number;
  /** Width of the whole sensor. */
  readonly sourceWidth: number;
  /** Height of the whole sensor. */
  readonly sourceHeight: number;
}

/** A rectangle in pixels, origin top left. */
export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Whoever lends a frame its pixels: memory that was checked, to be given back. */
export interface PlaneLender {
  /** The planes. Asked for once, at first use; not at all after the frame was released. */
  planes(): readonly Plane[];
  /** The frame was released. */
  end(): void;
}

/** What a frame is made of. */
export interface FrameInit {
  readonly format: PixelFormat;
  /** Pixels across, 1..65535. */
  readonly width: number;
  /** Rows, 1..65535. */
  readonly height: number;
  /** One entry a plane of the format; or whoever makes them at first use, for memory that was checked. */
  readonly planes: readonly Plane[] | (() => readonly Plane[]) | PlaneLender;
  /** Nanoseconds since 1970-01-01 UTC; 0n unknown. */
  readonly captureTime?: bigint;
  /** Number of the frame in its stream, from 1; 0 unknown. */
  readonly sequence?: number;
  /** User metadata; or a function that decodes it at first use. */
  readonly metadata?: Metadata | (() => Metadata);
  readonly area?: AreaOfInterest;
  /** Called once when the frame is released: gives borrowed pixels back to whoever lent them. */
  readonly onRelease?: () => void;
  /** The frame whose memory this one is a view of: once that is released, this one is too. */
  readonly viewOf?: { readonly released: boolean };
}

const isLender = (planes: FrameInit['planes']): planes is PlaneLender => 'end' in planes;
const isMade = (planes: FrameInit['planes']): planes is readonly Plane[] => Array.isArray(planes);

/** Throws `FRAME_INVALID` unless each plane is long enough for its rows. */
export function checkPlanes(spec: FrameSpec, planes: readonly Plane[]): void {
  const layout = frameLayout({ ...spec, strides: planes.map((plane) => plane.stride) });
  layout.planes.forEach((plane, index) => {
    const needed = plane.stride * (plane.rows - 1) + plane.rowBytes;
    const present = planes[index]?.data.byteLength ?? 0;
    if (present < needed) {
      throw new FramelaneError(
        'FRAME_INVALID',
        `plane ${index} has ${present} bytes; ${spec.width}x${spec.height} ${spec.format} at stride ${plane.stride} needs ${needed}`,
      );
    }
  });
}

/**
 * A picture: pixels in one to three planes, when it was taken, and what its source says about it.
 *
 * Pixels may be on loan (a ring's slot, a recycled buffer). `release()` gives them back, once; `using` does it at the
 * end of the block. After that the frame's pixels cannot be read: asking for them throws `FRAME_RELEASED`.
 */
export class Frame implements Disposable {
  readonly format: PixelFormat;
  /** Pixels across. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Nanoseconds since 1970-01-01 UTC; 0n unknown. */
  readonly captureTime: bigint;
  /** Number of the frame in its stream, from 1; 0 unknown. */
  readonly sequence: number;
  /** Where on the sensor the picture was, when it is only a part of it. */
  readonly area: AreaOfInterest | undefined;

  #metadata: Metadata | (() => Metadata);
  #planes: FrameInit['planes'] | undefined;
  #onRelease: (() => void) | PlaneLender | undefined;
  readonly #viewOf: { readonly released: boolean } | undefined;

  constructor(init: FrameInit) {
    if (isMade(init.planes)) checkPlanes(init, init.planes);
    this.format = init.format;
    this.width = init.width;
    this.height = init.height;
    this.captureTime = init.captureTime ?? 0n;
    this.sequence = init.sequence ?? 0;
    this.area = init.area;
    this.#metadata = init.metadata ?? noMetadata;
    this.#planes = init.planes;
    this.#onRelease = isLender(init.planes) ? init.planes : init.onRelease;
    this.#viewOf = init.viewOf;
  }

  /** What the source says about the picture. Stays readable after release. */
  get metadata(): Metadata {
    if (typeof this.#metadata === 'function') this.#metadata = this.#metadata();
    return this.#metadata;
  }

  /** The pixels, one entry a plane. Throws `FRAME_RELEASED` once the frame was given back. */
  get planes(): readonly Plane[] {
    const known = this.#planes;
    if (known === undefined || this.#viewOf?.released === true) throw releasedError(this);
    if (isMade(known)) return known;
    const planes = isLender(known) ? known.planes() : known();
    this.#planes = planes;
    return planes;
  }

  /** Bytes of plane 0, the only one of packed formats. */
  get data(): Uint8Array {
    return (this.planes[0] as Plane).data;
  }

  /** Bytes from one row of plane 0 to the next. */
  get stride(): number {
    return (this.planes[0] as Plane).stride;
  }

  /** Whether the frame was given back, or the frame that it is a view of. */
  get released(): boolean {
    return this.#planes === undefined || this.#viewOf?.released === true;
  }

  /** Gives the pixels back. A second call throws `FRAME_RELEASED`. */
  release(): void {
    if (this.released) throw releasedError(this);
    this.#planes = undefined;
    const onRelease = this.#onRelease;
    this.#onRelease = undefined;
    if (typeof onRelease === 'function') onRelease();
    else onRelease?.end();
  }

  /** Releases the frame unless that has happened already: what `using` calls. */
  [Symbol.dispose](): void {
    if (!this.released) this.release();
  }
}

/** The error of touching a frame whose pixels were given back. */
export function releasedError(frame: { readonly sequence: number }): FramelaneError {
  return new FramelaneError(
    'FRAME_RELEASED',
    `frame ${frame.sequence} was released; copy what you keep (copyFrame) before releasing it`,
    { sequence: frame.sequence },
  );
}

/** A frame over fresh memory with the layout of `spec`; pixels are zero. */
export function allocateFrame(spec: FrameSpec, init: Partial<FrameInit> = {}): Frame {
  const layout = frameLayout(spec);
  return frameOver(spec, new Uint8Array(layout.bytes), init);
}

/**
 * A frame over bytes that hold its planes one after another, without a copy.
 * Throws `FRAME_INVALID` when there are too few.
 */
export function frameOver(spec: FrameSpec, bytes: Uint8Array, init: Partial<FrameInit> = {}): Frame {
  const layout = frameLayout(spec);
  const planes = layout.planes.map(({ offset, stride, rows }) => ({
    data: bytes.subarray(offset, offset + stride * rows),
    stride,
  }));
  return new Frame({ ...init, format: spec.format, width: spec.width, height: spec.height, planes });
}

/** Copies pixels from one frame into another of the same format and size, whatever their strides. */
export function copyPixels(from: Frame, to: Pick<Frame, 'format' | 'width' | 'height' | 'planes'>): void {
  if (from.format !== to.format || from.width !== to.width || from.height !== to.height) {
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `cannot copy ${from.width}x${from.height} ${from.format} into ${to.width}x${to.height} ${to.format}`,
    );
  }
  frameLayout(from).planes.forEach((plane, index) => {
    const source = from.planes[index] as Plane;
    const target = to.planes[index] as Plane;
    copyRows(source, target, plane.rowBytes, plane.rows);
  });
}

function copyRows(source: Plane, target: Plane, rowBytes: number, rows: number): void {
  if (source.stride === rowBytes && target.stride === rowBytes) {
    target.data.set(source.data.subarray(0, rowBytes * rows));
    return;
  }
  // Row by row even where strides are equal: beyond a row's end may lie the pixels of a larger picture.
  for (let row = 0; row < rows; row++) {
    const at = row * source.stride;
    target.data.set(source.data.subarray(at, at + rowBytes), row * target.stride);
  }
}

/** The frame with pixels of its own, rows without padding: for keeping after the original is released. */
export function copyFrame(frame: Frame): Frame {
  const { captureTime, sequence, metadata, area } = frame;
  const copy = allocateFrame(
    { format: frame.format, width: frame.width, height: frame.height },
    { captureTime, sequence, metadata, area },
  );
  copyPixels(frame, copy);
  return copy;
}

/**
 * A part of a frame as a frame of its own over the same memory: no copy, same strides. It ends with the original;
 * releasing it does not release that. Formats with shared chroma need even `x` (and even `y` for nv12, i420), Bayer
 * keeps its pattern only from even `x` and `y`.
 */
export function cropFrame(frame: Frame, part: Rectangle): Frame {
  const { x, y, width, height } = part;
  const inside = x >= 0 && y >= 0 && x + width <= frame.width && y + height <= frame.height;
  if (![x, y, width, height].every(Number.isInteger) || !inside || width < 1 || height < 1) {
    throw new FramelaneError(
      'BAD_ARGUMENT',
      `area ${width}x${height}+${x}+${y} is not inside the ${frame.width}x${frame.height} frame`,
    );
  }
  const { planes: shapes } = pixelFormatInfo(frame.format);
  const bayer = frame.format.startsWith('bayer_');
  const evenX = bayer || shapes.some((shape) => shape.stepX === 2);
  const evenY = bayer || shapes.some((shape) => shape.stepY === 2);
  if ((evenX && x % 2 !== 0) || (evenY && y % 2 !== 0)) {
    throw new FramelaneError('BAD_ARGUMENT', `${frame.format} can only be cut at even positions, not at ${x},${y}`);
  }
  const planes = shapes.map((shape, index): Plane => {
    const { data, stride } = frame.planes[index] as Plane;
    return { data: data.subarray((y / shape.stepY) * stride + (x / shape.stepX) * shape.bytes), stride };
  });
  return new Frame({
    format: frame.format,
    width,
    height,
    planes,
    captureTime: frame.captureTime,
    sequence: frame.sequence,
    metadata: frame.metadata,
    viewOf: frame,
    area: {
      x: x + (frame.area?.x ?? 0),
      y: y + (frame.area?.y ?? 0),
      sourceWidth: frame.area?.sourceWidth ?? frame.width,
      sourceHeight: frame.area?.sourceHeight ?? frame.height,
    },
  });
}
