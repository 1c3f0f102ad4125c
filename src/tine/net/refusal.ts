import { imageHeaderBytes } from '../image-header.js';
import type { Contract } from './contract.js';
import { accessBits, modeFlags, type TineTransport, tineFormats } from './protocol.js';
import type { Subrequest } from './request.js';
import { tineCodes } from './return-code.js';
import type { ServedProperty } from './subscription.js';

/** What a server offers: one image property of one device, and its own start time. */
export interface ServedNames {
  /** Equipment module name, case-sensitive, up to 6 characters. */
  readonly eqm: string;
  readonly device: string;
  readonly property: string;
}

/** Property by which clients watch whether a server was restarted: its start time, UTC seconds. */
const startTimeProperty = 'SRVSTARTTIME';

/** Frames above this many bytes are refused over UDP: a receive buffer of 64 KiB would lose their blocks. */
export const maximumUdpFrameBytes = 60_000;

const sameName = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** Which property is asked for, or the code of the refusal; the checks stand in the protocol's order. */
export function servedProperty(request: Subrequest, names: ServedNames): ServedProperty | number {
  const { contract, mode } = request;
  if (contract.eqm !== names.eqm) return tineCodes.nonexistentElement;
  const isStart = sameName(contract.property, startTimeProperty);
  if (!isStart && !sameName(contract.property, names.property)) return tineCodes.illegalProperty;
  const deviceKnown = sameName(contract.device, names.device) || contract.device === '#0';
  // An extension string carries a longer device name than any here.
  if (request.extBytes !== 0 || (!isStart && !deviceKnown)) return tineCodes.illegalDevice;
  const format = isStart ? tineFormats.int32 : tineFormats.image;
  if (contract.formatOut !== format && contract.formatOut !== tineFormats.default) return tineCodes.illegalFormat;
  if ((contract.access & accessBits.write) !== 0) return tineCodes.illegalReadWrite;
  if ((mode & modeFlags.network) !== 0) return tineCodes.illegalMode;
  return isStart ? 'start-time' : 'image';
}

/** Whether a frame of so many bytes may go to that client: 0, or the code of the refusal. */
export function sizeRefusal(contract: Contract, transport: TineTransport, frameBytes: number): number {
  if (transport === 'udp' && frameBytes > maximumUdpFrameBytes) return tineCodes.tcpRequired;
  // By the rule for images the capacity leaves their header out; asked for by default it counts plain bytes.
  const counted = contract.formatOut === tineFormats.default ? frameBytes : frameBytes - imageHeaderBytes;
  return counted > contract.sizeOut ? tineCodes.bufferTooSmall : 0;
}
