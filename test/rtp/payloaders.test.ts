import { expect, test } from 'vitest';
import { AccessUnit } from '../../src/nal/index.js';
import {
  AvcPayloader,
  GenericPayloader,
  HevcPayloader,
  JpegPayloader,
  type Payloader,
  RawPayloader,
  SenderCore,
  standardHuffmanTables,
  type UnitBytes,
  VvcPayloader,
} from '../../src/rtp/index.js';
import { bytesOf, faultsOf, packetize, plainUnit, unitOf } from './packets.js';

/** A JPEG file of 16x16 pixels, 4:2:0, with 500 bytes of scan. */
function jpegFile(): Uint8Array {
  const segment = (code: number, ...content: number[]): number[] => [
    ...[0xff, code, 0, content.length + 2],
    ...content,
  ];
  const frame = [8, 0, 16, 0, 16, 3, 1, 0x22, 0, 2, 0x11, 0, 3, 0x11, 0];
  const tables = standardHuffmanTables.flatMap((table) => segment(0xc4, ...table));
  const scan = Array<number>(500).fill(0x55);
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xdb, 0, ...Array<number>(64).fill(1)),
    ...segment(0xc0, ...frame),
    ...tables,
    ...segment(0xda, 3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0),
    ...scan,
    ...[0xff, 0xd9],
  ]);
}

const hevcUnit = unitOf([0x46, 1, 0x50], bytesOf(60, 0x40, 1), bytesOf(700, 0x26, 1));
const all: Record<string, { payloader: () => Payloader; unit: UnitBytes; least: number }> = {
  avc: { payloader: () => new AvcPayloader(), unit: unitOf([9, 0xf0], bytesOf(700, 0x65)), least: 64 },
  hevc: { payloader: () => new HevcPayloader(), unit: hevcUnit, least: 64 },
  'hevc with DONL': { payloader: () => new HevcPayloader({ donl: true }), unit: hevcUnit, least: 64 },
  vvc: { payloader: () => new VvcPayloader(), unit: unitOf([0, 0xa1, 1], bytesOf(700, 0, 0x41)), least: 64 },
  jpeg: { payloader: () => new JpegPayloader(), unit: plainUnit(jpegFile()), least: 12 + 8 + 4 + 132 + 1 },
  raw: {
    payloader: () => new RawPayloader({ sampling: 'RGB', depth: 10, width: 64, height: 5 }),
    unit: plainUnit(bytesOf((64 / 4) * 15 * 5)),
    least: 64,
  },
  generic: { payloader: () => new GenericPayloader(), unit: plainUnit(bytesOf(700)), least: 64 },
};

for (const [name, { payloader, unit, least }] of Object.entries(all)) {
  test(`${name}: packets of 0 to 300 bytes are planned from ${least} on, and BAD_ARGUMENT below`, () => {
    for (let maxPacketBytes = 0; maxPacketBytes <= 300; maxPacketBytes++) {
      const attempt = () => packetize(payloader(), unit, { maxPacketBytes });
      if (maxPacketBytes < least) {
        expect(attempt, `${maxPacketBytes} bytes`).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
      } else expect(faultsOf(attempt(), { maxPacketBytes }), `${maxPacketBytes} bytes`).toEqual([]);
    }
  });

  test(`${name}: a header extension is in every packet, and packets stay as large as they may be`, () => {
    const extension = Uint8Array.of(0xbe, 0xde, 0, 1, 0x10, 7, 0, 0);
    const packets = packetize(payloader(), unit, { maxPacketBytes: 300, extension });
    expect(faultsOf(packets, { maxPacketBytes: 300 })).toEqual([]);
    expect(packets.every((packet) => packet.extension?.data[1] === 7)).toBe(true);
    expect(packets.some(({ bytes }) => bytes.length === 300)).toBe(true);
  });

  test(`${name}: a unit that was released is refused`, () => {
    const core = new SenderCore({ payloader: payloader(), payloadType: 96, ssrc: 1, sequence: 1 });
    const { data, nalUnits } = unit;
    const accessUnit = new AccessUnit({ codec: core.payloader.codec, data, nalUnits });
    expect(core.plan(accessUnit, 0).packets).toBeGreaterThan(0);
    accessUnit.release();
    expect(() => core.plan(accessUnit, 0)).toThrow(expect.objectContaining({ code: 'FRAME_RELEASED' }));
  });
}
