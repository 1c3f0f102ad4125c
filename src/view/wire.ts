/**
 * What the server sends to the page: messages one after another on one response that does not end. A message is a header
 * of 96 bytes, then a text (JSON, padded with spaces to a multiple of 16 bytes), then pixels. Little-endian throughout.
 * Pure: the page reads with the same file.
 *
 *      0 u32 magic "FLV1"          36 u32 number of the message, from 1
 *      4 u32 bytes that follow     40 u64 capture time, ns since 1970 UTC, 0 unknown
 *      8 u8  kind                  48 f64 published, ms since 1970 UTC, 0 unknown
 *      9 u8  encoding              56 f64 sent, ms since 1970 UTC
 *     10 u16 camera                64 f64 sequence in the source, 0 unknown
 *     12 u16 width, u16 height     72 f64 frames lost before they got here
 *     16 u8  pixel format          80 f64 frames passed over for this viewer
 *     17 u8  reduction             88 u16 width, u16 height before the reduction
 *     18 u16 flags                 92 u8  pixel format of the source, then zeros
 *     20 u32 bytes of text
 *     24 u32 strides of planes 0, 1, 2
 */
export const messageHeaderBytes = 96;

/** The bytes "FLV1". */
export const messageMagic = 0x31564c46;

/** Pixels of a message start at a multiple of this many bytes behind the header, so that any sample type can view them. */
export const textAlignment = 16;

/** What a message is. */
export const messageKinds = { frame: 1, news: 2 } as const;

/** How a frame's picture is written: bytes as they lie in memory, or a compressed picture. */
export const pictureEncodings = { raw: 0, jpeg: 1, h264: 2 } as const;

/** Bits of the flags: this encoded picture can be decoded without those before it. */
export const messageFlags = { key: 1 } as const;

/** A message's header. Sizes in pixels, strides and lengths in bytes. */
export interface MessageHeader {
  /** One of {@link messageKinds}. */
  kind: number;
  /** One of {@link pictureEncodings}. */
  encoding: number;
  /** Index of the camera in the server's list. */
  camera: number;
  width: number;
  height: number;
  /** Number of the pixel format, of `pixelFormatCodes`. */
  format: number;
  /** Number of the format that the source gives: another one where the picture was compressed. */
  sourceFormat: number;
  /** Only every n-th pixel of every n-th row is there; 1: all. */
  reduction: number;
  /** Sum of {@link messageFlags}. */
  flags: number;
  /** Bytes of text behind the header. */
  textBytes: number;
  /** Bytes behind the header in all. */
  bodyBytes: number;
  /** Bytes from one row to the next, of up to three planes; 0 where there is none. */
  strides: [number, number, number];
  /** Number of the message on this response, from 1. */
  number: number;
  /** Nanoseconds since 1970 UTC; 0n unknown. */
  captureTime: bigint;
  /** Milliseconds since 1970 UTC, by the server's clock; 0 unknown. */
  publishedMs: number;
  /** Milliseconds since 1970 UTC, by the server's clock. */
  sentMs: number;
  /** Number of the frame in its source; 0 unknown. */
  sequence: number;
  /** Frames that were lost before they came to the server, so far. */
  missed: number;
  /** Frames that the server passed over for this viewer, so far. */
  skipped: number;
  /** Width before the reduction. */
  fullWidth: number;
  /** Height before the reduction. */
  fullHeight: number;
}

/** Writes a header at the start of `into`. */
export function writeMessageHeader(into: DataView, header: MessageHeader): void {
  into.setUint32(0, messageMagic, true);
  into.setUint32(4, header.bodyBytes, true);
  into.setUint8(8, header.kind);
  into.setUint8(9, header.encoding);
  into.setUint16(10, header.camera, true);
  into.setUint16(12, header.width, true);
  into.setUint16(14, header.height, true);
  into.setUint8(16, header.format);
  into.setUint8(17, header.reduction);
  into.setUint16(18, header.flags, true);
  into.setUint32(20, header.textBytes, true);
  for (let plane = 0; plane < 3; plane++) into.setUint32(24 + 4 * plane, header.strides[plane] as number, true);
  into.setUint32(36, header.number, true);
  into.setBigUint64(40, header.captureTime, true);
  into.setFloat64(48, header.publishedMs, true);
  into.setFloat64(56, header.sentMs, true);
  into.setFloat64(64, header.sequence, true);
  into.setFloat64(72, header.missed, true);
  into.setFloat64(80, header.skipped, true);
  into.setUint16(88, header.fullWidth, true);
  into.setUint16(90, header.fullHeight, true);
  into.setUint32(92, header.sourceFormat, true);
}

/** Reads a header; undefined for bytes that are none. */
export function readMessageHeader(from: DataView): MessageHeader | undefined {
  if (from.byteLength < messageHeaderBytes || from.getUint32(0, true) !== messageMagic) return undefined;
  return {
    bodyBytes: from.getUint32(4, true),
    kind: from.getUint8(8),
    encoding: from.getUint8(9),
    camera: from.getUint16(10, true),
    width: from.getUint16(12, true),
    height: from.getUint16(14, true),
    format: from.getUint8(16),
    reduction: from.getUint8(17),
    flags: from.getUint16(18, true),
    textBytes: from.getUint32(20, true),
    strides: [from.getUint32(24, true), from.getUint32(28, true), from.getUint32(32, true)],
    number: from.getUint32(36, true),
    captureTime: from.getBigUint64(40, true),
    publishedMs: from.getFloat64(48, true),
    sentMs: from.getFloat64(56, true),
    sequence: from.getFloat64(64, true),
    missed: from.getFloat64(72, true),
    skipped: from.getFloat64(80, true),
    fullWidth: from.getUint16(88, true),
    fullHeight: from.getUint16(90, true),
    sourceFormat: from.getUint8(92),
  };
}

/** How the pixels of a view are carried. */
export const pictureQualities = ['auto', 'raw', 'half', 'quarter', 'jpeg'] as const;

/** One of {@link pictureQualities}. */
export type PictureQuality = (typeof pictureQualities)[number];

/** What a camera is doing: `ended` and `failed` say why, and when it is tried again. */
export type CameraState = 'idle' | 'opening' | 'live' | 'ended' | 'failed';

/** What the page is told of a camera. */
export interface CameraNews {
  /** Index in the server's list. */
  readonly camera: number;
  /** The source's address, as it was given. */
  readonly address: string;
  readonly state: CameraState;
  /** Why it ended or failed, or what is being overcome, in words. */
  readonly reason?: string;
  /** The error's code, where there is one. */
  readonly code?: string;
  /** Milliseconds until it is tried again; left out where it is not. */
  readonly retryInMs?: number;
  /** Frames a second that the source gives, over the last second. */
  readonly fps: number;
  /** Pixel bytes a second that the source gives. */
  readonly bytesPerSecond: number;
  /** Frames that were lost before they came to the server. */
  readonly missed: number;
  /** Viewers that watch it now. */
  readonly viewers: number;
  /** Whether the original bytes of its images can be fetched (TINE). */
  readonly originals: boolean;
}

/** The text of a news message. */
export interface ViewerNews {
  /** The viewer's name, for its acknowledgements. */
  readonly viewer: string;
  /** The cameras of this view. */
  readonly cameras: readonly CameraNews[];
  /** How the server sends now, where it chooses by itself. */
  readonly quality: PictureQuality;
  /** Bytes a second that this viewer takes, measured. */
  readonly bytesPerSecond: number;
}
