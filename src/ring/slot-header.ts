import {
  type AreaOfInterest,
  decodeMetadata,
  encodeMetadata,
  type FrameLayout,
  type Metadata,
  type PixelFormat,
  pixelFormatCodes,
} from '../frame/index.js';
import { scratchBytes, scratchWord } from '../native.js';

/** Most bytes of user metadata that travel with a frame. */
export const maxMetadataBytes = 896;

const metadataOffset = 0x80;

/** What a slot header says of a frame besides its number. */
export interface SlotFacts {
  readonly format: PixelFormat;
  readonly width: number;
  readonly height: number;
  readonly layout: FrameLayout;
  /** ns since 1970 UTC. */
  readonly captureTime: bigint;
  readonly metadata?: Metadata | undefined;
  readonly area?: AreaOfInterest | undefined;
}

const offsets = {
  captureTime: 0x10,
  payload: 0x18,
  width: 0x20,
  height: 0x24,
  stride: [0x28, 0x48, 0x4c],
  format: 0x2c,
  planes: 0x30,
  metadataBytes: 0x34,
  planeOffset: [0, 0x38, 0x40],
  area: 0x50,
  publishTime: 0x60,
} as const;

/**
 * The JavaScript memory through which slot headers pass between TypeScript and C++ (docs/ring-layout.md, "Slot
 * header"). C++ has checked what it puts here.
 */
export class SlotHeader {
  readonly buffer = new ArrayBuffer(scratchBytes);
  readonly #u32 = new Uint32Array(this.buffer);
  readonly #u64 = new BigUint64Array(this.buffer);

  get width(): number {
    return this.#u32[offsets.width / 4] as number;
  }
  get height(): number {
    return this.#u32[offsets.height / 4] as number;
  }
  /** Number of the pixel format. */
  get format(): number {
    return this.#u32[offsets.format / 4] as number;
  }
  /** Bytes of the slot that belong to the frame. */
  get payload(): number {
    return (this.#u32[offsets.payload / 4] as number) + (this.#u32[offsets.payload / 4 + 1] as number) * 2 ** 32;
  }
  /** ns since 1970 UTC. */
  get captureTime(): bigint {
    return this.#u64[offsets.captureTime / 8] as bigint;
  }
  /** Number of the frame in the ring. */
  get sequence(): number {
    return Number(this.#u64[1]);
  }
  /** CLOCK_MONOTONIC ns, comparable with process.hrtime.bigint(). */
  get publishTime(): bigint {
    return this.#u64[offsets.publishTime / 8] as bigint;
  }
  /** Slot that the taken frame lies in. */
  get slot(): number {
    return this.#u32[scratchWord.slot] as number;
  }
  /** Pin that holds the taken frame. */
  get pin(): number {
    return this.#u32[scratchWord.pin] as number;
  }
  /** Frames that were dropped without release so far. */
  get forgotten(): number {
    return this.#u32[scratchWord.forgotten] as number;
  }

  /** Bytes from one row of a plane to the next. */
  stride(plane: number): number {
    return this.#u32[(offsets.stride[plane] as number) / 4] as number;
  }

  /** Bytes from the start of the slot to a plane. */
  planeOffset(plane: number): number {
    return plane === 0 ? 0 : Number(this.#u64[(offsets.planeOffset[plane] as number) / 8]);
  }

  /** The area of interest, where there is one. */
  area(): AreaOfInterest | undefined {
    const at = offsets.area / 4;
    const sourceWidth = this.#u32[at + 2] as number;
    if (sourceWidth === 0) return undefined;
    return {
      x: this.#u32[at] as number,
      y: this.#u32[at + 1] as number,
      sourceWidth,
      sourceHeight: this.#u32[at + 3] as number,
    };
  }

  /** The metadata's bytes, copied; undefined when there are none. */
  metadataBytes(): Uint8Array | undefined {
    const length = this.#u32[offsets.metadataBytes / 4] as number;
    return length === 0 ? undefined : new Uint8Array(this.buffer.slice(metadataOffset, metadataOffset + length));
  }

  /** The metadata. */
  metadata(): Metadata | undefined {
    const bytes = this.metadataBytes();
    return bytes === undefined ? undefined : decodeMetadata(bytes);
  }

  /** Writes everything that the producer says about a frame. */
  write(facts: SlotFacts): void {
    const u32 = this.#u32;
    const { planes, bytes } = facts.layout;
    this.#u64[offsets.captureTime / 8] = facts.captureTime;
    this.#u64[offsets.payload / 8] = BigInt(bytes);
    u32[offsets.width / 4] = facts.width;
    u32[offsets.height / 4] = facts.height;
    u32[offsets.format / 4] = pixelFormatCodes[facts.format];
    u32[offsets.planes / 4] = planes.length;
    for (let index = 0; index < 3; index++) {
      u32[(offsets.stride[index] as number) / 4] = planes[index]?.stride ?? 0;
      if (index > 0) this.#u64[(offsets.planeOffset[index] as number) / 8] = BigInt(planes[index]?.offset ?? 0);
    }
    this.#writeArea(facts.area);
    this.#writeMetadata(facts.metadata);
  }

  #writeArea(area: AreaOfInterest | undefined): void {
    const at = offsets.area / 4;
    this.#u32[at] = area?.x ?? 0;
    this.#u32[at + 1] = area?.y ?? 0;
    this.#u32[at + 2] = area?.sourceWidth ?? 0;
    this.#u32[at + 3] = area?.sourceHeight ?? 0;
  }

  #writeMetadata(metadata: Metadata | undefined): void {
    let length = 0;
    if (metadata !== undefined) {
      const bytes = encodeMetadata(metadata, maxMetadataBytes);
      new Uint8Array(this.buffer).set(bytes, metadataOffset);
      length = bytes.length;
    }
    this.#u32[offsets.metadataBytes / 4] = length;
  }
}
