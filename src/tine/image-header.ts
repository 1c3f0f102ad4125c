import { BoundedWriter, latin1 } from '../bytes/index.js';
import { FramelaneError } from '../error.js';

/**
 * The header in front of every TINE image (CF_IMAGE, format code 55): 188 bytes, little-endian, packed.
 *
 *       0 baseTag        4 cameraPortId   8 versionTag    12 totalLength
 *      16 timestampSeconds               20 timestampMicroseconds
 *      24 cameraPortName[64]
 *      88 sourceWidth   92 sourceHeight  96 aoiWidth     100 aoiHeight
 *     104 xStart       108 yStart       112 bytesPerPixel 116 effectiveBitsPerPixel
 *     120 horizontalBinning             124 verticalBinning
 *     128 sourceFormat 132 imageFormat  136 frameNumber  140 eventNumber
 *     144 xScale       148 yScale       152 imageRotation
 *     156 fspare1      160 fspare2      164 fspare3
 *     168 imageFlags   172 ispare1      176 ispare2      180 ispare3
 *     184 appendedFrameSize             188 the image
 */
export const imageHeaderBytes = 188;

/** The value of `baseTag`: the bytes "VSV3". */
export const imageBaseTag = 0x3356_5356;

/** The value of `versionTag`. */
export const imageVersionTag = 1;

/** Bytes of the camera's name; a name may fill them all, without a NUL. */
export const cameraPortNameBytes = 64;

/** Encodings of the appended bytes (`imageFormat`) and of what the sensor gave (`sourceFormat`). */
export const imageFormats = {
  GRAY: 0,
  RGB24: 1,
  RGBA32: 2,
  RGB15: 3,
  RGB16: 4,
  JPEG: 5,
  TIFF: 6,
  YUV411: 7,
  YUV422: 8,
  YUV444: 9,
  HUFFYUV: 10,
  BMP: 11,
  BAYER: 12,
  PNG: 13,
  BASE64: 14,
} as const;

/** Name of one of {@link imageFormats}. */
export type ImageFormatName = keyof typeof imageFormats;

const formatNames = new Map<number, ImageFormatName>(
  Object.entries(imageFormats).map(([name, code]) => [code, name as ImageFormatName]),
);

/** The name of an image format's number, or undefined for a number that stands for none. */
export function imageFormatName(code: number): ImageFormatName | undefined {
  return formatNames.get(code);
}

/** Bits of `imageFlags`. The flips have been applied to the image already, after its rotation. */
export const imageFlags = {
  LITTLE_ENDIAN: 1,
  LOSSLESS: 2,
  HORIZONTAL_FLIP: 4,
  VERTICAL_FLIP: 8,
} as const;

/** Every field of the header, as it stands there; offsets are in the drawing above. */
export interface TineImageHeader {
  /** u32, {@link imageBaseTag}. */
  readonly baseTag: number;
  /** u32, 0 = none. */
  readonly cameraPortId: number;
  /** u32, {@link imageVersionTag}. */
  readonly versionTag: number;
  /** u32, bytes of header and appended image together. */
  readonly totalLength: number;
  /** u32, UTC seconds since 1970. */
  readonly timestampSeconds: number;
  /** i32, microseconds within the second. */
  readonly timestampMicroseconds: number;
  /** Text up to the first NUL of 64 bytes, each byte one Latin-1 character. */
  readonly cameraPortName: string;
  /** What stands behind the name's NUL; left out when that is only zeros, as it should be. */
  readonly cameraPortNamePadding?: Uint8Array;
  /** i32, pixels of the sensor; -1 unset. */
  readonly sourceWidth: number;
  /** i32, rows of the sensor; -1 unset. */
  readonly sourceHeight: number;
  /** i32, pixels across the area of interest, which is then the appended image's width; <= 0 without one. */
  readonly aoiWidth: number;
  /** i32, rows of the area of interest; <= 0 without one. */
  readonly aoiHeight: number;
  /** i32, left edge of the area on the sensor, pixels. */
  readonly xStart: number;
  /** i32, top edge of the area on the sensor, rows. */
  readonly yStart: number;
  /** i32, 1..4. */
  readonly bytesPerPixel: number;
  /** i32, bits that carry something; 0 or -1 all of them. */
  readonly effectiveBitsPerPixel: number;
  /** i32, 0 unknown, 1 none, n = n:1. */
  readonly horizontalBinning: number;
  /** i32, 0 unknown, 1 none, n = n:1. */
  readonly verticalBinning: number;
  /** i32, one of {@link imageFormats}: the format at the sensor, informal. */
  readonly sourceFormat: number;
  /** i32, one of {@link imageFormats}: the encoding of the appended bytes. */
  readonly imageFormat: number;
  /** u32, 0 unset. */
  readonly frameNumber: number;
  /** u32, 0 unset. */
  readonly eventNumber: number;
  /** f32, millimetres a pixel across; -1 unset. */
  readonly xScale: number;
  /** f32, millimetres a pixel down; -1 unset. */
  readonly yScale: number;
  /** f32, degrees, clockwise positive; applied already. */
  readonly imageRotation: number;
  /** f32, spare, -1. */
  readonly fspare1: number;
  /** f32, spare, -1. */
  readonly fspare2: number;
  /** f32, spare, -1. */
  readonly fspare3: number;
  /** i32, bits of {@link imageFlags}. */
  readonly imageFlags: number;
  /** i32, spare, -1. */
  readonly ispare1: number;
  /** i32, spare, -1. */
  readonly ispare2: number;
  /** i32, spare, -1. */
  readonly ispare3: number;
  /** i32, bytes that follow the header; 0 none, -1 uninitialised. */
  readonly appendedFrameSize: number;
}

/** A header with nothing set, as TINE's own library makes it. */
export const emptyImageHeader: TineImageHeader = Object.freeze({
  baseTag: imageBaseTag,
  cameraPortId: 0,
  versionTag: imageVersionTag,
  totalLength: 0,
  timestampSeconds: 0,
  timestampMicroseconds: 0,
  cameraPortName: 'unknown',
  sourceWidth: 0,
  sourceHeight: 0,
  aoiWidth: -1,
  aoiHeight: -1,
  xStart: 0,
  yStart: 0,
  bytesPerPixel: 0,
  effectiveBitsPerPixel: 0,
  horizontalBinning: 0,
  verticalBinning: 0,
  sourceFormat: 0,
  imageFormat: 0,
  frameNumber: 0,
  eventNumber: 0,
  xScale: -1,
  yScale: -1,
  imageRotation: 0,
  fspare1: -1,
  fspare2: -1,
  fspare3: -1,
  imageFlags: imageFlags.LITTLE_ENDIAN,
  ispare1: -1,
  ispare2: -1,
  ispare3: -1,
  appendedFrameSize: 0,
});

/**
 * The header at the start of `bytes`. Throws `TRUNCATED` when there are fewer than 188 and `TINE_INVALID` without the tag
 * "VSV3"; whether the fields make sense together is for `decodeImage` to say.
 */
export function decodeImageHeader(bytes: Uint8Array): TineImageHeader {
  if (bytes.byteLength < imageHeaderBytes) {
    throw new FramelaneError(
      'TRUNCATED',
      `a TINE image starts with ${imageHeaderBytes} bytes of header; the input ends at byte ${bytes.byteLength}`,
      { offset: bytes.byteLength },
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, imageHeaderBytes);
  const tag = view.getUint32(0, true);
  if (tag !== imageBaseTag) {
    throw new FramelaneError(
      'TINE_INVALID',
      `no TINE image: it starts with 0x${tag.toString(16).padStart(8, '0')} at byte 0, not with "VSV3"`,
      { offset: 0 },
    );
  }
  return readFields(view, bytes);
}

function readFields(view: DataView, bytes: Uint8Array): TineImageHeader {
  const name = latin1(bytes.subarray(24, 24 + cameraPortNameBytes));
  const header: TineImageHeader = {
    baseTag: view.getUint32(0, true),
    cameraPortId: view.getUint32(4, true),
    versionTag: view.getUint32(8, true),
    totalLength: view.getUint32(12, true),
    timestampSeconds: view.getUint32(16, true),
    timestampMicroseconds: view.getInt32(20, true),
    cameraPortName: name,
    sourceWidth: view.getInt32(88, true),
    sourceHeight: view.getInt32(92, true),
    aoiWidth: view.getInt32(96, true),
    aoiHeight: view.getInt32(100, true),
    xStart: view.getInt32(104, true),
    yStart: view.getInt32(108, true),
    bytesPerPixel: view.getInt32(112, true),
    effectiveBitsPerPixel: view.getInt32(116, true),
    horizontalBinning: view.getInt32(120, true),
    verticalBinning: view.getInt32(124, true),
    sourceFormat: view.getInt32(128, true),
    imageFormat: view.getInt32(132, true),
    frameNumber: view.getUint32(136, true),
    eventNumber: view.getUint32(140, true),
    xScale: view.getFloat32(144, true),
    yScale: view.getFloat32(148, true),
    imageRotation: view.getFloat32(152, true),
    fspare1: view.getFloat32(156, true),
    fspare2: view.getFloat32(160, true),
    fspare3: view.getFloat32(164, true),
    imageFlags: view.getInt32(168, true),
    ispare1: view.getInt32(172, true),
    ispare2: view.getInt32(176, true),
    ispare3: view.getInt32(180, true),
    appendedFrameSize: view.getInt32(184, true),
  };
  const padding = namePadding(bytes, name.length);
  return padding === undefined ? header : { ...header, cameraPortNamePadding: padding };
}

/** What a careless writer left behind the name's NUL, kept so that a header goes out as it came in. */
function namePadding(bytes: Uint8Array, nameLength: number): Uint8Array | undefined {
  for (let at = 24 + nameLength; at < 24 + cameraPortNameBytes; at++) {
    if (bytes[at] !== 0) return bytes.slice(24 + nameLength + 1, 24 + cameraPortNameBytes);
  }
  return undefined;
}

/**
 * A header as 188 bytes, written to the start of `into` or to fresh memory, and returned as a view of just those. Fields
 * that are left out are as in {@link emptyImageHeader}. Throws `BAD_ARGUMENT` with the byte offset for a value that its
 * field cannot hold, `LIMIT_EXCEEDED` when `into` is too short.
 */
export function encodeImageHeader(fields: Partial<TineImageHeader>, into?: Uint8Array): Uint8Array {
  const header = { ...emptyImageHeader, ...fields };
  const writer = new BoundedWriter(into ?? new Uint8Array(imageHeaderBytes), 'TINE image header');
  writer.u32(header.baseTag).u32(header.cameraPortId).u32(header.versionTag).u32(header.totalLength);
  writer.u32(header.timestampSeconds).i32(header.timestampMicroseconds);
  writeName(writer, header);
  writer.i32(header.sourceWidth).i32(header.sourceHeight).i32(header.aoiWidth).i32(header.aoiHeight);
  writer.i32(header.xStart).i32(header.yStart);
  writer.i32(header.bytesPerPixel).i32(header.effectiveBitsPerPixel);
  writer.i32(header.horizontalBinning).i32(header.verticalBinning);
  writer.i32(header.sourceFormat).i32(header.imageFormat).u32(header.frameNumber).u32(header.eventNumber);
  writer.f32(header.xScale).f32(header.yScale).f32(header.imageRotation);
  writer.f32(header.fspare1).f32(header.fspare2).f32(header.fspare3);
  writer.i32(header.imageFlags).i32(header.ispare1).i32(header.ispare2).i32(header.ispare3);
  return writer.i32(header.appendedFrameSize).written;
}

function writeName(writer: BoundedWriter, header: TineImageHeader): void {
  const { cameraPortName: name, cameraPortNamePadding: padding } = header;
  const behind = cameraPortNameBytes - 1 - name.length;
  if (padding === undefined || behind <= 0) {
    writer.text(name, cameraPortNameBytes);
    return;
  }
  const kept = padding.subarray(0, behind);
  writer
    .text(name, name.length)
    .u8(0)
    .bytes(kept)
    .fill(0, behind - kept.length);
}
