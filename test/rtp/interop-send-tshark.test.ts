import { describe, expect, test } from 'vitest';
import {
  AvcPayloader,
  HevcPayloader,
  headerExtension,
  JpegPayloader,
  type Payloader,
  packetsOf,
  RawPayloader,
  rawLayout,
  SenderCore,
  type UnitBytes,
} from '../../src/rtp/index.js';
import { elementaryStream, jpegFiles, unitsOf } from './encoded.js';
import { hasFfmpeg } from './foreign-receiver.js';
import { bytesOf, plainUnit } from './packets.js';
import { dissect, hasTshark } from './tshark.js';

/** Fields of one datagram, as Wireshark prints them. */
type Fields = Record<string, string>;

/** What Wireshark says of the packets of these units. */
function dissected(
  payloader: Payloader,
  units: readonly UnitBytes[],
  { payloadType = 96, fields = [] as string[], dissector = '' },
): Fields[] {
  const extension = headerExtension([{ id: 1, data: Uint8Array.of(1, 2, 3) }]);
  const core = new SenderCore({ payloader, payloadType, ssrc: 0xfedc_ba98, sequence: 65_530, maxPacketBytes: 1200 });
  const datagrams = units.flatMap((unit, index) => [...packetsOf(core.plan(unit, 3000 * index, extension), unit.data)]);
  const all = [...common, ...fields];
  const more = dissector === '' ? [] : ['-d', `rtp.pt==${payloadType},${dissector}`];
  return dissect(datagrams, 'rtp', all, more).map((line) => {
    const values = line.split('\t');
    return Object.fromEntries(all.map((field, index) => [field, values[index] ?? '']));
  });
}

const common = ['rtp.seq', 'rtp.marker', 'rtp.timestamp', 'rtp.ssrc', '_ws.expert.message', '_ws.malformed'];

/** What Wireshark complains of; it says itself when it does not know a syntax element of a stream. */
const complaints = (packets: readonly Fields[]): string[] =>
  packets
    .flatMap((fields) => [...(fields['_ws.expert.message'] ?? '').split(','), fields['_ws.malformed'] ?? ''])
    .filter((message) => message !== '' && message !== '[Not decoded yet]');

/** That packets are numbered without gap and each unit ends with a marker. */
function expectStream(packets: readonly Fields[], units: number): void {
  expect(packets.map((fields) => Number(fields['rtp.seq']))).toEqual(
    packets.map((_, index) => (65_530 + index) & 0xffff),
  );
  const times = packets
    .filter((fields) => fields['rtp.marker'] === '1')
    .map((fields) => Number(fields['rtp.timestamp']));
  expect(times).toEqual(Array.from({ length: units }, (_, index) => 3000 * index));
  expect(complaints(packets)).toEqual([]);
}

describe.skipIf(!hasTshark || !hasFfmpeg)('Wireshark reads what is sent (skipped without tshark or ffmpeg)', () => {
  test('avc: aggregation and fragments, without a complaint', () => {
    const units = unitsOf('avc', elementaryStream('avc', 3));
    const fields = ['h264.nal_unit_hdr', 'h264.start.bit', 'h264.end.bit'];
    const packets = dissected(new AvcPayloader(), units, { fields, dissector: 'h264' });
    expectStream(packets, 12);
    // AUD, SPS, PPS and SEI in one packet.
    expect(packets[0]?.['h264.nal_unit_hdr']).toBe('24,9,7,8,6');
    const count = (field: string): number => packets.filter((values) => values[field] === '1').length;
    expect(count('h264.start.bit')).toBeGreaterThanOrEqual(12);
    expect(count('h264.end.bit')).toBe(count('h264.start.bit'));
  });

  test('hevc: aggregation and fragments, without a complaint', () => {
    // tshark 4.0 cannot read the address of a picture's later slices, and takes fragments of SEI for slices.
    const units = unitsOf('hevc', elementaryStream('hevc', 1, ':info=0'));
    const fields = ['h265.nal_unit_type', 'h265.start.bit', 'h265.end.bit'];
    const packets = dissected(new HevcPayloader(), units, { fields, dissector: 'h265' });
    expectStream(packets, 12);
    expect(packets[0]?.['h265.nal_unit_type']).toBe('48');
    const count = (field: string): number => packets.filter((values) => values[field] === '1').length;
    expect(count('h265.start.bit')).toBeGreaterThanOrEqual(2);
    expect(count('h265.end.bit')).toBe(count('h265.start.bit'));
  });

  test('JPEG: main, restart and quantization table headers', () => {
    const units = [...jpegFiles(1), ...jpegFiles(1, '-threads', '4', '-thread_type', 'slice')].map(plainUnit);
    const header = 'jpeg.main_hdr';
    const fields = [`${header}.type`, `${header}.q`, `${header}.width`, `${header}.height`, `${header}.offset`];
    const more = ['jpeg.qtable_hdr.length', 'jpeg.restart_hdr.interval', 'jpeg.restart_hdr.count'];
    const packets = dissected(new JpegPayloader(), units, { payloadType: 26, fields: [...fields, ...more] });
    expectStream(packets, 2);
    const first = packets.filter((values) => values[`${header}.offset`] === '0');
    expect(first.map((values) => [...fields, ...more].map((field) => values[field]))).toEqual([
      ['1', '255', '640', '480', '0', '128', '', ''],
      ['65', '255', '640', '480', '0', '128', expect.stringMatching(/^[1-9]/), '16383'],
    ]);
  });

  test('padded packets of uncompressed video', () => {
    const format = { sampling: 'YCbCr-4:2:2', depth: 10, width: 1920, height: 8 } as const;
    const units = [plainUnit(bytesOf(rawLayout(format).bytes))];
    const fields = ['rtp.padding.count', 'rtp.ext.rfc5285.id'];
    const packets = dissected(new RawPayloader(format), units, { fields });
    expectStream(packets, 1);
    expect(packets.some((values) => values['rtp.padding.count'] !== '')).toBe(true);
    expect(packets.every((values) => values['rtp.ext.rfc5285.id'] === '1')).toBe(true);
  });
});
