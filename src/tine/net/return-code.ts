import { FramelaneError } from '../../error.js';

/** What a client does about a return code. */
export type Remedy =
  /** It will be the same next time: report it. */
  | 'give-up'
  /** The server may be able later. */
  | 'later'
  /** Ask for more room. */
  | 'more-capacity'
  /** Ask again with the interval in sysStamp. */
  | 'interval'
  /** Ask again with the capacity in sysStamp. */
  | 'capacity'
  /** Ask again over TCP. */
  | 'tcp';

/** A return code of the protocol: its number, its name in plain English, and what a client does about it. */
export interface ReturnCode {
  readonly code: number;
  readonly name: string;
  readonly remedy: Remedy;
}

const rows: readonly [code: number, name: string, remedy: Remedy][] = [
  [2, 'illegal format', 'give-up'],
  [14, 'wrong structure size', 'give-up'],
  [23, 'dimension error', 'more-capacity'],
  [25, 'buffer too small', 'more-capacity'],
  [29, 'not ready', 'later'],
  [35, 'illegal device', 'give-up'],
  [36, 'illegal property', 'give-up'],
  [38, 'not implemented', 'give-up'],
  [45, 'link timeout', 'later'],
  [46, 'remitted data lost', 'later'],
  [52, 'multicast access required', 'give-up'],
  [55, 'address unknown', 'give-up'],
  [73, 'illegal read/write', 'give-up'],
  [77, 'resources exhausted', 'later'],
  [80, 'reacquire address', 'later'],
  [86, 'nonexistent element', 'give-up'],
  [94, 'illegal protocol', 'give-up'],
  [97, 'operation busy', 'later'],
  [99, 'illegal mode', 'give-up'],
  [105, 'access denied', 'give-up'],
  [113, 'link blacklisted', 'give-up'],
  [119, 'subscription id', 'give-up'],
  [121, 'redirection', 'give-up'],
  [130, 'redirection', 'give-up'],
  [146, 'invalid interval', 'interval'],
  [152, 'not initialized', 'later'],
  [163, 'server idle', 'later'],
  [177, 'device offline', 'later'],
  [179, 'invalid data request', 'capacity'],
  [185, 'tcp access required', 'tcp'],
];

const byCode = new Map(rows.map(([code, name, remedy]) => [code, { code, name, remedy } as const]));

/** Numbers of the codes this side sends or handles by name. */
export const tineCodes = {
  illegalFormat: 2,
  bufferTooSmall: 25,
  notReady: 29,
  illegalDevice: 35,
  illegalProperty: 36,
  linkTimeout: 45,
  dataLost: 46,
  illegalReadWrite: 73,
  resourcesExhausted: 77,
  nonexistentElement: 86,
  illegalMode: 99,
  invalidInterval: 146,
  tcpRequired: 185,
} as const;

/** The low 12 bits of a return code are the code; this bit says that data came with it. */
export const dataPresentBit = 0x4000;

/** Facts about a return code; unknown ones may pass, so they are tried again. */
export function returnCode(retCode: number): ReturnCode {
  const code = retCode & 0xfff;
  return byCode.get(code) ?? { code, name: `code ${code}`, remedy: 'later' };
}

const hints: Readonly<Record<number, string>> = {
  23: 'ask for more capacity',
  25: 'ask for more capacity',
  35: 'check the device in the URI',
  36: 'check the property in the URI',
  55: 'check context and server in the URI',
  86: 'check the equipment module (EQM) in the URI; it is case-sensitive',
};

/** The error for a server's refusal: `TINE_STATUS` with the number, the name and the server's own text. */
export function statusError(retCode: number, text: string, subject: string): FramelaneError {
  const { code, name } = returnCode(retCode);
  const own = text === '' || text.toLowerCase() === name ? '' : ` ("${text}")`;
  const hint = hints[code] === undefined ? '' : `; ${hints[code]}`;
  return new FramelaneError('TINE_STATUS', `${subject}: server answers ${code}, ${name}${own}${hint}`, {
    subject,
    status: code,
    name,
    text,
  });
}
