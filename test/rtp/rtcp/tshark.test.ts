import { expect, test } from 'vitest';
import { ntpFromUnix, type RtcpPacket, sdesItem, writeRtcp } from '../../../src/rtp/index.js';
import { dissect, hasTshark } from '../tshark.js';

const block = {
  ssrc: 0xaaaa_0001,
  fractionLost: 12,
  cumulativeLost: 34,
  highestSequence: 0x1_0002,
  jitter: 56,
  lastReport: 0,
  delaySinceLastReport: 0,
};
const ssrc = 0x1234_5678;
const report: RtcpPacket = {
  kind: 'senderReport',
  ssrc,
  ntpTime: ntpFromUnix(1_700_000_000_000_000_000n),
  timestamp: 90_000,
  packets: 100,
  octets: 120_000,
  blocks: [block],
};
const description: RtcpPacket = {
  kind: 'sourceDescription',
  chunks: [
    {
      ssrc,
      items: [
        { item: sdesItem.cname, text: 'camera@host' },
        { item: sdesItem.tool, text: 'tool' },
      ],
    },
  ],
};
const receiverReport: RtcpPacket = { kind: 'receiverReport', ssrc, blocks: [block, block] };
const feedback: readonly RtcpPacket[] = [
  { kind: 'genericNack', ssrc, mediaSsrc: block.ssrc, sequences: [65_534, 65_535, 0, 100] },
  { kind: 'pictureLoss', ssrc, mediaSsrc: block.ssrc },
  { kind: 'fullIntra', ssrc, mediaSsrc: 0, entries: [{ ssrc: block.ssrc, request: 7 }] },
];
const compounds: readonly RtcpPacket[][] = [
  [report, description],
  [receiverReport, description],
  ...feedback.map((message) => [receiverReport, description, message]),
  [receiverReport, description, { kind: 'application', subtype: 1, ssrc, name: 'TEST', data: new Uint8Array(8) }],
  [report, description, { kind: 'goodbye', sources: [ssrc], reason: 'the end' }],
];

test.skipIf(!hasTshark)('Wireshark reads every kind of RTCP packet of ours without a warning', () => {
  const datagrams = compounds.map((packets) => writeRtcp(packets));
  const fields = ['_ws.expert.message', '_ws.malformed', 'rtcp.length_check', 'rtcp.pt', 'rtcp.ssrc.fraction'];
  const seen = dissect(datagrams, 'rtcp', fields).map((line) => line.split('\t'));
  expect(seen.map(([expert, malformed]) => [expert, malformed])).toEqual(compounds.map(() => ['', '']));
  expect(seen.map(([, , check]) => check)).toEqual(compounds.map(() => '1'));
  expect(seen[0]?.slice(3)).toEqual(['200,202', '12']);
  expect(seen.map(([, , , types]) => types).slice(2)).toEqual([
    '201,202,205',
    '201,202,206',
    '201,202,206',
    '201,202,204',
    '200,202,203',
  ]);
});
