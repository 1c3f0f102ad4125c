/**
 * What went wrong, as a word a program can switch on. The list is closed: every error that Framelane throws on
 * purpose carries one of these.
 */
export const errorCodes = [
  'BAD_ARGUMENT',
  'BAD_URI',
  'UNKNOWN_SCHEME',
  'UNSUPPORTED',
  'FRAME_RELEASED',
  'FRAME_INVALID',
  'METADATA_TOO_LARGE',
  'RING_NAME',
  'RING_NOT_FOUND',
  'RING_BUSY',
  'RING_DAMAGED',
  'RING_VERSION',
  'RING_NO_SPACE',
  'RING_NO_PERMISSION',
  'RING_FULL',
  'RING_CLOSED',
  'RING_LOSSY',
  'RING_PRODUCER_LOST',
  'FRAME_TOO_LARGE',
  'TOO_MANY_HELD',
  'TIMEOUT',
  'ABORTED',
  'TRUNCATED',
  'NOT_DECODED',
  'JPEG_INVALID',
  'LIMIT_EXCEEDED',
  'TINE_INVALID',
  'TINE_STATUS',
  'TINE_PROTOCOL',
  'NAL_INVALID',
  'RTP_INVALID',
  'RTCP_INVALID',
  'SDP_INVALID',
  'SRTP_KEY',
  'SRTP_KEY_USED_UP',
  'ADDRESS_IN_USE',
  'UNREACHABLE',
  'SOCKET_CLOSED',
  'QT_NOT_FOUND',
  'QT_BUSY',
  'QT_LOCKED',
  'QT_DAMAGED',
  'QT_NO_SPACE',
  'QT_NO_PERMISSION',
  'QT_CLOSED',
  'CONNECTION',
  'CHILD_FAILED',
  'TOOL_MISSING',
  'NATIVE_MISSING',
  'IO',
] as const;

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number];

/** Facts beside the message: enough to find the byte in a dump or the packet in Wireshark. */
export interface ErrorDetails {
  /** Byte offset in the input at which it stopped making sense. */
  readonly offset?: number;
  /** Ring, stream, file or address the error belongs to. */
  readonly subject?: string;
  /** Sequence number of the frame, where there is one. */
  readonly sequence?: number;
  /** Anything else that helps: numbers and words only, never pixel data and never keys. */
  readonly [name: string]: number | string | boolean | undefined;
}

/** Every error that Framelane throws on purpose: a `code` for programs, a message that says what to do for people. */
export class FramelaneError extends Error {
  override readonly name = 'FramelaneError';

  constructor(
    /** What went wrong, for a program to switch on. */
    readonly code: ErrorCode,
    message: string,
    /** Offsets, names and numbers that belong to it. */
    readonly details: ErrorDetails = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
