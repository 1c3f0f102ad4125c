import fc from 'fast-check';
import {
  type PacketContext,
  type Payloader,
  packetsOf,
  RtpPacket,
  SendPlan,
  type UnitBytes,
} from '../../src/rtp/index.js';

/** An access unit of these NAL units, Annex B with start codes of 4 and 3 bytes in turn. */
export function unitOf(...nalUnits: readonly (Uint8Array | readonly number[])[]): UnitBytes {
  const bytes: number[] = [];
  const places: number[] = [];
  nalUnits.forEach((nalUnit, index) => {
    bytes.push(...(index % 2 === 0 ? [0, 0, 0, 1] : [0, 0, 1]));
    places.push(bytes.length, nalUnit.length);
    for (const byte of nalUnit) bytes.push(byte);
  });
  return { data: Uint8Array.from(bytes), nalUnits: Uint32Array.from(places), nalUnitCount: nalUnits.length };
}

/** The NAL units of a unit as arrays of numbers. */
export function nalUnitsOf({ data, nalUnits, nalUnitCount }: UnitBytes): number[][] {
  return Array.from({ length: nalUnitCount }, (_, index) => {
    const [offset = 0, length = 0] = nalUnits.subarray(2 * index);
    return [...data.subarray(offset, offset + length)];
  });
}

/** A unit without NAL units. */
export function plainUnit(data: Uint8Array): UnitBytes {
  return { data, nalUnits: new Uint32Array(0), nalUnitCount: 0 };
}

/** What all packets of the tests have, unless a test says otherwise. */
export const context: PacketContext = {
  payloadType: 96,
  ssrc: 0xdead_beef,
  sequence: 65_534,
  timestamp: 0x8765_4321,
  maxPacketBytes: 1400,
};

/** The packets of one unit. */
export function packetize(payloader: Payloader, unit: UnitBytes, changes: Partial<PacketContext> = {}): RtpPacket[] {
  const plan = new SendPlan();
  payloader.packetize(unit, { ...context, ...changes }, plan);
  const packets = [...packetsOf(plan, unit.data)].map((bytes) => new RtpPacket(bytes));
  if (packets.length !== plan.packets) throw new Error(`${plan.packets} packets planned, ${packets.length} made`);
  const bytes = packets.reduce((sum, packet) => sum + packet.bytes.length, 0);
  if (bytes !== plan.bytes) throw new Error(`${plan.bytes} bytes planned, ${bytes} made`);
  return packets;
}

/** The payloads of one unit as arrays of numbers. */
export function payloads(payloader: Payloader, unit: UnitBytes, changes: Partial<PacketContext> = {}): number[][] {
  return packetize(payloader, unit, changes).map(({ payload }) => [...payload]);
}

/** What holds for the packets of any unit, in whatever format. Returns what does not. */
export function faultsOf(packets: readonly RtpPacket[], changes: Partial<PacketContext> = {}): string[] {
  const { maxPacketBytes, sequence, timestamp, ssrc, payloadType } = { ...context, ...changes };
  return packets.flatMap((packet, index) => {
    const faults: string[] = [];
    if (packet.bytes.length > maxPacketBytes) faults.push(`packet ${index} has ${packet.bytes.length} bytes`);
    if (packet.sequence !== ((sequence + index) & 0xffff)) faults.push(`packet ${index} is number ${packet.sequence}`);
    if (packet.marker !== (index === packets.length - 1)) faults.push(`packet ${index} has marker ${packet.marker}`);
    if (packet.timestamp !== timestamp || packet.ssrc !== ssrc || packet.payloadType !== payloadType) {
      faults.push(`packet ${index} is of another stream or time`);
    }
    if (packet.payload.length === 0) faults.push(`packet ${index} is empty`);
    return faults;
  });
}

/** `length` bytes that differ from their neighbours; the first ones given. */
export function bytesOf(length: number, ...first: readonly number[]): Uint8Array {
  const bytes = Uint8Array.from({ length }, (_, index) => (index * 7 + 3) & 0xff);
  bytes.set(first.slice(0, length));
  return bytes;
}

/** Sizes around everything that matters to packets of up to 1400 bytes, small ones and a few large ones. */
export const anySize = (least: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: least, max: 40 }),
    fc.integer({ min: 40, max: 3000 }),
    fc.integer({ min: 3000, max: 20_000 }),
  );
