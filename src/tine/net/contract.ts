import { readChars, writeChars } from './char-field.js';

/** What is asked of a server: whose property, and in which form. A server knows a subscription by all of it. */
export interface Contract {
  /** Up to 64 characters; servers ignore case. */
  readonly property: string;
  /** Up to 64 characters; servers ignore case; `#0`, `#1` is a device by number. */
  readonly device: string;
  /** Equipment module name, up to 6 characters (8 on the wire), case-sensitive. */
  readonly eqm: string;
  /** Input items; 0 for a read. */
  readonly sizeIn: number;
  /** Capacity: items (bytes of an image without its header) the client has room for. */
  readonly sizeOut: number;
  /** Unnamed byte before the access, 0. */
  readonly reserved: number;
  /** Bits: 1 read, 2 write, 8 synchronised. */
  readonly access: number;
  readonly formatIn: number;
  readonly formatOut: number;
  readonly tagIn: string;
  readonly tagOut: string;
}

/*
 * Contract, 180 bytes; offsets from its start:
 *
 *     0 property[64] · 64 device[64] · 128 EQM[8] · 136 u32 sizeIn · 140 u32 sizeOut
 *     144 u8 0 · 145 u8 access · 146 u8 formatIn · 147 u8 formatOut · 148 tagIn[16] · 164 tagOut[16]
 */

/** Reads the 180 bytes at `offset`. */
export function decodeContract(bytes: Uint8Array, offset: number): Contract {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  return {
    property: readChars(bytes, offset, 64),
    device: readChars(bytes, offset + 64, 64),
    eqm: readChars(bytes, offset + 128, 8),
    sizeIn: view.getUint32(136, true),
    sizeOut: view.getUint32(140, true),
    reserved: view.getUint8(144),
    access: view.getUint8(145),
    formatIn: view.getUint8(146),
    formatOut: view.getUint8(147),
    tagIn: readChars(bytes, offset + 148, 16),
    tagOut: readChars(bytes, offset + 164, 16),
  };
}

/** Writes 180 bytes at `offset`. Throws `BAD_ARGUMENT` for a name that is too long. */
export function encodeContract(contract: Contract, bytes: Uint8Array, offset: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
  writeChars(bytes, offset, 64, contract.property, 'property');
  writeChars(bytes, offset + 64, 64, contract.device, 'device');
  writeChars(bytes, offset + 128, 8, contract.eqm, 'equipment module');
  view.setUint32(136, contract.sizeIn, true);
  view.setUint32(140, contract.sizeOut, true);
  view.setUint8(144, contract.reserved);
  view.setUint8(145, contract.access);
  view.setUint8(146, contract.formatIn);
  view.setUint8(147, contract.formatOut);
  writeChars(bytes, offset + 148, 16, contract.tagIn, 'input tag');
  writeChars(bytes, offset + 164, 16, contract.tagOut, 'output tag');
}

/** The same text for the same contract and no other: how a server finds a peer's subscription again. */
export function contractKey(contract: Contract): string {
  return JSON.stringify(Object.values(contract));
}
