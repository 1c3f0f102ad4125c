import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JpegPayloader, type RtpPacket, readJpegPicture, standardHuffmanTables } from '../../src/rtp/index.js';
import { faultsOf, packetize, plainUnit } from './packets.js';

/** A segment: marker, length, content. */
const segment = (code: number, ...content: number[]): number[] => [
  ...[0xff, code, (content.length + 2) >> 8, (content.length + 2) & 0xff],
  ...content,
];
const table = (id: number, first: number): number[] => [id, ...Array.from({ length: 64 }, (_, index) => first + index)];
/** Entropy-coded bytes: no FF in them, so that they can be found again. */
const scanOf = (length: number): number[] => Array.from({ length }, (_, index) => (index * 31) % 255);

/** What a JPEG file of a test consists of. */
interface Parts {
  width: number;
  height: number;
  luminance: number;
  chrominance: number;
  tables: number[][];
  huffman: readonly (readonly number[])[];
  frame: number[];
  scanHeader: number[];
  before: number[][];
  scan: number[];
  end: number[];
}

const huffman = standardHuffmanTables.map((bytes) => [...bytes]);

function jpeg(changes: Partial<Parts> = {}): Uint8Array {
  const { width = 320, height = 240, luminance = 0x22, chrominance = 0x11 } = changes;
  const size = [height >> 8, height & 255, width >> 8, width & 255];
  const components = [1, luminance, 0, 2, chrominance, 1, 3, chrominance, 1];
  const { tables = [table(0, 1), table(1, 100)], frame = [0xc0, 8, ...size, 3, ...components] } = changes;
  const { scanHeader = [3, 1, 0x00, 2, 0x11, 3, 0x11, 0, 63, 0], before = [], scan = scanOf(5000) } = changes;
  return Uint8Array.from([
    ...[0xff, 0xd8],
    ...segment(0xe0, ...new TextEncoder().encode('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0),
    ...segment(0xdb, ...tables.flat()),
    ...segment(frame[0] as number, ...frame.slice(1)),
    ...(changes.huffman ?? [huffman.flat()]).flatMap((one) => segment(0xc4, ...one)),
    ...before.flatMap(([code = 0, ...content]) => segment(code, ...content)),
    ...segment(0xda, ...scanHeader),
    ...scan,
    ...(changes.end ?? [0xff, 0xd9]),
  ]);
}

const packetsOf = (file: Uint8Array, changes = {}, payloader = new JpegPayloader()): RtpPacket[] =>
  packetize(payloader, plainUnit(file), changes);

/** The scan that a receiver puts together by the fragment offsets of RFC 2435. */
function scanIn(packets: readonly RtpPacket[]): number[] {
  const scan: number[] = [];
  for (const { payload } of packets) {
    const offset = ((payload[1] as number) << 16) | ((payload[2] as number) << 8) | (payload[3] as number);
    expect(offset).toBe(scan.length);
    const restart = (payload[4] as number) >= 64 ? 4 : 0;
    scan.push(...payload.subarray(8 + restart + (offset === 0 ? 132 : 0)));
  }
  return scan;
}

test('headers are those of RFC 2435: main in each packet, quantization tables in the first', () => {
  const packets = packetsOf(jpeg());
  const [first, second] = packets.map(({ payload }) => payload) as [Uint8Array, Uint8Array];
  expect([...first.subarray(0, 12)]).toEqual([0, 0, 0, 0, 1, 255, 40, 30, 0, 0, 0, 128]);
  expect([...first.subarray(12, 140)]).toEqual([...table(0, 1).slice(1), ...table(1, 100).slice(1)]);
  const offset = 1400 - 12 - 8 - 132;
  expect([...second.subarray(0, 8)]).toEqual([0, 0, offset >> 8, offset & 255, 1, 255, 40, 30]);
  expect(packets.map(({ bytes }) => bytes.length).slice(0, -1)).toEqual([1400, 1400, 1400]);
  expect(scanIn(packets)).toEqual(scanOf(5000));
  expect(faultsOf(packets)).toEqual([]);
});

test('4:2:2 is type 0, 4:2:0 is type 1, with restart markers 64 more and a header for them', () => {
  const typeOf = (file: Uint8Array): unknown => packetsOf(file)[0]?.payload[4];
  expect(typeOf(jpeg({ luminance: 0x21 }))).toBe(0);
  expect(typeOf(jpeg({ luminance: 0x22 }))).toBe(1);
  const packets = packetsOf(jpeg({ before: [[0xdd, 0x01, 0x02]] }));
  expect(packets.map(({ payload }) => [...payload.subarray(4, 12)])).toEqual(
    packets.map(() => [65, 255, 40, 30, 0x01, 0x02, 0xff, 0xff]),
  );
  expect(scanIn(packets)).toEqual(scanOf(5000));
  expect(typeOf(jpeg({ before: [[0xdd, 0, 0]] }))).toBe(1); // an interval of 0 is none
});

test('a picture that uses one table for all sends it twice', () => {
  const frame = [0xc0, 8, 0, 240, 1, 64, 3, 1, 0x22, 2, 2, 0x11, 2, 3, 0x11, 2];
  const [first] = packetsOf(jpeg({ tables: [table(2, 50)], frame }));
  const values = table(2, 50).slice(1);
  expect([...(first?.payload.subarray(12, 140) ?? [])]).toEqual([...values, ...values]);
});

test('sides that are no multiple of 8 are rounded up', () => {
  expect([...(packetsOf(jpeg({ width: 1366, height: 765 }))[0]?.payload.subarray(6, 8) ?? [])]).toEqual([171, 96]);
});

test('a side over 2040 is refused with what to do, or 0 when the size was told for the SDP', () => {
  expect([...(packetsOf(jpeg({ width: 2040, height: 2033 }))[0]?.payload.subarray(6, 8) ?? [])]).toEqual([255, 255]);
  for (const size of [
    { width: 2041, height: 240 },
    { width: 320, height: 2041 },
  ]) {
    expect(() => packetsOf(jpeg(size))).toThrow(/2040 at most. Tell the payloader width and height/);
    const [first] = packetsOf(jpeg(size), {}, new JpegPayloader(size));
    expect([...(first?.payload.subarray(6, 8) ?? [])]).toEqual([0, 0]);
  }
});

test('a picture of another size than was told for the SDP is refused', () => {
  const payloader = new JpegPayloader({ width: 320, height: 240 });
  expect([...(packetsOf(jpeg(), {}, payloader)[0]?.payload.subarray(6, 8) ?? [])]).toEqual([40, 30]);
  expect(() => packetsOf(jpeg({ width: 321 }), {}, payloader)).toThrow(/321x240; the SDP says 320x240/);
});

test('what a camera appends behind the end of the picture is not sent', () => {
  const packets = packetsOf(jpeg({ end: [0xff, 0xd9, 0, 0, 0, 7, 0xff] }));
  expect(scanIn(packets)).toEqual(scanOf(5000));
});

test('a picture without Huffman tables, as MJPEG cameras send it, has the standard ones', () => {
  expect(scanIn(packetsOf(jpeg({ huffman: [] })))).toEqual(scanOf(5000));
  expect(scanIn(packetsOf(jpeg({ huffman })))).toEqual(scanOf(5000)); // and in a segment each
});

test('filling bytes before a marker are passed over', () => {
  const file = jpeg();
  const at = 2 + 18; // behind APP0
  expect(readJpegPicture(Uint8Array.from([...file.subarray(0, at), 0xff, 0xff, ...file.subarray(at)]))).toMatchObject({
    width: 320,
    scanBytes: 5000,
  });
});

test('pictures that RFC 2435 cannot carry are refused with what to do', () => {
  const optimized = huffman.map((one, index) => (index === 2 ? [...one.slice(0, -1), 0xfb] : one));
  const size = [0, 240, 1, 64];
  const unsupported: [Partial<Parts>, RegExp][] = [
    [{ huffman: [optimized.flat()] }, /Huffman tables are not the standard ones: encode without "optimize"/],
    [{ huffman: [[2, ...(huffman[0] as number[]).slice(1)]] }, /Huffman tables are not the standard ones/],
    [{ frame: [0xc2, 8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1] }, /not baseline/],
    [{ frame: [0xc9, 8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1] }, /not baseline/],
    [{ frame: [0xc0, 8, ...size, 1, 1, 0x11, 0] }, /1 components: RTP sends colour of three/],
    [{ frame: [0xc0, 12, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1] }, /12 bits a sample/],
    [{ luminance: 0x11 }, /sampling factors 1x1, 1x1, 1x1: RTP sends 4:2:0/],
    [{ luminance: 0x22, chrominance: 0x12 }, /sampling factors 2x2, 1x2, 1x2/],
    [{ luminance: 0x41 }, /sampling factors 4x1/],
    [{ tables: [[0x10, ...Array(128).fill(1)]] }, /quantization table of 16 bits/],
    [
      {
        tables: [table(0, 1), table(1, 2), table(2, 3)],
        frame: [0xc0, 8, ...size, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 2],
      },
      /tables of their own/,
    ],
    [{ scanHeader: [1, 1, 0, 0, 63, 0] }, /several scans/],
    [{ scanHeader: [3, 1, 0x11, 2, 0x00, 3, 0x00, 0, 63, 0] }, /Y must have Huffman tables 0/],
    [{ scanHeader: [3, 2, 0x00, 1, 0x11, 3, 0x11, 0, 63, 0] }, /in this order/],
  ];
  for (const [parts, message] of unsupported) {
    expect(() => packetsOf(jpeg(parts)), String(message)).toThrow(message);
    expect(() => packetsOf(jpeg(parts)), String(message)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  }
});

test('what is no whole JPEG picture is refused with the byte at which it stops being one', () => {
  const invalid: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /byte 0: it does not begin with FF D8/],
    [Uint8Array.of(0xff, 0xd8), /byte 2: a marker was expected/],
    [Uint8Array.of(0xff, 0xd8, 0xff, 0xd9, 0, 0), /marker FF d9 before the scan/],
    [Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 1, 0, 0), /segment FF e0 leaves the file/],
    [jpeg({ tables: [table(0, 1).slice(0, 64)] }), /DQT makes no sense/],
    [jpeg({ tables: [table(4, 1)] }), /DQT makes no sense/],
    [jpeg({ tables: [table(0, 1)] }), /quantization table makes no sense/],
    [jpeg({ frame: [0xe1, 1] }), /a scan without frame header/],
    [jpeg({ frame: [0xc0, 8, 0, 1] }), /SOF0 makes no sense/],
    [jpeg({ width: 0 }), /a picture of 0x240/],
    [jpeg({ before: [[0xdd, 1]] }), /DRI makes no sense/],
    [jpeg({ scanHeader: [3, 1, 0] }), /SOS makes no sense/],
    [jpeg({ scan: [] }), /a scan without bytes/],
    [jpeg({ end: [] }), /ends without FF D9: it is cut off/],
  ];
  for (const [file, message] of invalid) {
    expect(() => packetsOf(file), String(message)).toThrow(message);
    expect(() => packetsOf(file), String(message)).toThrow(expect.objectContaining({ code: 'JPEG_INVALID' }));
  }
});

test('a scan of 16 MiB is refused: fragment offsets have 24 bits', () => {
  const file = jpeg({ scan: [] });
  const large = new Uint8Array(file.length + 0x100_0000);
  large.set(file.subarray(0, -2));
  large.set([0xff, 0xd9], large.length - 2);
  expect(() => packetsOf(large)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  const most = large.subarray(1);
  most.set(file.subarray(0, -2));
  const packets = packetsOf(most, { maxPacketBytes: 65_507 });
  expect(packets.reduce((sum, { payload }) => sum + payload.length - 8, -132)).toBe(0xff_ffff);
});

test('packets too small for the quantization tables are refused', () => {
  expect(() => packetsOf(jpeg(), { maxPacketBytes: 156 })).toThrow(/145 needed/);
  const packets = packetsOf(jpeg(), { maxPacketBytes: 157 });
  expect(scanIn(packets)).toEqual(scanOf(5000));
});

test('every cut of a JPEG file, and every byte of its headers changed, is sent or refused with a typed error', () => {
  const file = jpeg({ before: [[0xdd, 0, 4]], scan: scanOf(40) });
  const attempt = (bytes: Uint8Array): void => {
    try {
      packetsOf(bytes);
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^(JPEG_INVALID|UNSUPPORTED)$/) });
    }
  };
  for (let length = 0; length < file.length; length++) {
    expect(() => packetsOf(file.slice(0, length)), `${length} bytes`).toThrow();
    attempt(file.slice(0, length));
  }
  for (let at = 0; at < file.length; at++) {
    for (const value of [0, 1, 0x7f, 0xff]) attempt(file.with(at, value));
  }
});

test('any scan comes out whole', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: 157, max: 3000 }),
      fc.boolean(),
      (length, maxPacketBytes, restart) => {
        const file = jpeg({ scan: scanOf(length), before: restart ? [[0xdd, 0, 9]] : [] });
        const packets = packetsOf(file, { maxPacketBytes });
        expect(faultsOf(packets, { maxPacketBytes })).toEqual([]);
        expect(scanIn(packets)).toEqual(scanOf(length));
        const sizes = packets.slice(0, -1).map(({ bytes }) => bytes.length);
        expect(new Set(sizes).size).toBeLessThan(2);
      },
    ),
    { numRuns: 100 },
  );
});
