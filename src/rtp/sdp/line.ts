import { FramelaneError } from '../../error.js';

/** A description has at most so many characters, or bytes of UTF-8. */
export const maxSdpLength = 65_536;
/** And so many lines. */
export const maxSdpLines = 2_000;

/** One line: `type=value` (RFC 8866 section 5). */
export interface SdpLine {
  /** One letter. */
  readonly type: string;
  /** What stands behind the equals sign. */
  readonly value: string;
  /** Number of the line, from 1; 0 for one that was not read. */
  readonly line: number;
}

/** The error for a line that makes no sense. `reason` must not quote keys. */
export function sdpInvalid(line: number, reason: string): FramelaneError {
  return new FramelaneError('SDP_INVALID', `SDP line ${line}: ${reason}`, { line });
}

/** A piece of input for a message: short, and without control characters. */
export function quoted(text: string): string {
  const shown = text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?');
  return `"${shown}${text.length > 40 ? '...' : ''}"`;
}

/** Cuts a description into lines; empty ones are passed over. Ends of lines are CR LF or LF. */
export function splitSdp(sdp: string | Uint8Array): SdpLine[] {
  if (sdp.length > maxSdpLength) {
    throw new FramelaneError('SDP_INVALID', `an SDP of ${sdp.length} bytes; the limit is ${maxSdpLength}`, { line: 0 });
  }
  const text = typeof sdp === 'string' ? sdp : new TextDecoder().decode(sdp);
  const rows = text.split(/\r?\n/);
  if (rows.length > maxSdpLines + 1) {
    throw sdpInvalid(maxSdpLines + 1, `more lines than the limit of ${maxSdpLines}`);
  }
  return rows.flatMap((row, index) => (row.trim() === '' ? [] : [readLine(row, index + 1)]));
}

function readLine(row: string, line: number): SdpLine {
  const type = row.charAt(0);
  if (!/^[a-z]$/.test(type) || row.charAt(1) !== '=') {
    const hint = /^\s/.test(row) ? 'lines begin without a space' : 'a line is a small letter, "=", a value';
    throw sdpInvalid(line, `${hint}, not ${quoted(row)}`);
  }
  const value = row.slice(2).trimEnd();
  if (value.includes('\0') || value.includes('\r')) throw sdpInvalid(line, 'a NUL or CR inside the line');
  return { type, value, line };
}

/** A whole number written with digits only, 0 to `most`; undefined for anything else. */
export function wholeNumber(text: string | undefined, most: number): number | undefined {
  if (text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
  const value = Number(text);
  return value <= most ? value : undefined;
}
