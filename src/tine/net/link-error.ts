import { FramelaneError } from '../../error.js';
import { returnCode, tineCodes } from './return-code.js';

/** How far a connection had come when it ended. */
export interface ConnectionProgress {
  /** Whether it ever stood. */
  readonly opened: boolean;
  /** Bytes read from it. */
  readonly offset: number;
  /** Whether it ended inside a message or between the blocks of an image. */
  readonly insideImage: boolean;
}

/** A connection that broke, ended or could not be made. */
export function lostError(subject: string, progress: ConnectionProgress, cause?: Error): FramelaneError {
  const reason = cause === undefined ? '' : ` (${cause.message})`;
  const place = progress.insideImage ? ' inside an image' : '';
  const message = progress.opened
    ? `the server ended the connection${place} after ${progress.offset} bytes${reason}`
    : `cannot connect${reason}; check host and port offset`;
  const details = { subject, offset: progress.offset };
  return new FramelaneError('CONNECTION', `${subject}: ${message}`, details, { cause });
}

/** A server that answers nothing, or stops in the middle of an image of which `received` bytes came. */
export function silenceError(subject: string, partial: boolean, received: number): FramelaneError {
  const { code, name } = returnCode(partial ? tineCodes.dataLost : tineCodes.linkTimeout);
  const got = partial ? ` after ${received} bytes of an image` : '';
  return new FramelaneError('TIMEOUT', `${subject}: ${name}: the server is silent${got}`, {
    subject,
    status: code,
    offset: partial ? received : 0,
  });
}

/** A Java server's way to say that an image does not fit: nothing but zeros. */
export function zeroBodyError(subject: string, capacity: number): FramelaneError {
  return new FramelaneError(
    'TINE_INVALID',
    `${subject}: the image is all zero: capacity too small? ${capacity} bytes were asked for; raise the capacity`,
    { subject, offset: 0, capacity },
  );
}

/** A server that neither accepts nor refuses a connection. */
export function connectTimeoutError(subject: string, milliseconds: number): FramelaneError {
  return new FramelaneError('CONNECTION', `${subject}: no connection within ${milliseconds} ms`, { subject });
}

/** A single read for whose answer there is no buffer. */
export function tooManyHeldError(subject: string, images: number): FramelaneError {
  const message = `${subject}: all ${images} images are held: release one before asking for the next`;
  return new FramelaneError('TOO_MANY_HELD', message, { subject });
}
