import fc from 'fast-check';
import type { ReportBlock, RtcpPacket } from '../../../src/rtp/index.js';

const u8 = fc.nat(255);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffff_ffff);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const words = (most: number): fc.Arbitrary<Uint8Array> =>
  fc.nat(most).chain((count) => fc.uint8Array({ minLength: 4 * count, maxLength: 4 * count }));
const text = fc
  .string({ unit: 'binary', maxLength: 60 })
  .filter((candidate) => new TextEncoder().encode(candidate).length <= 255);

const anyBlock: fc.Arbitrary<ReportBlock> = fc.record({
  ssrc: u32,
  fractionLost: u8,
  cumulativeLost: fc.integer({ min: -0x80_0000, max: 0x7f_ffff }),
  highestSequence: u32,
  jitter: u32,
  lastReport: u32,
  delaySinceLastReport: u32,
});
const blocks = fc.array(anyBlock, { maxLength: 31 });
const extension = fc.option(
  words(3).filter((bytes) => bytes.length > 0),
  { nil: undefined },
);
const sources = { ssrc: u32, mediaSsrc: u32 };
const kind = <K extends string>(name: K): fc.Arbitrary<K> => fc.constant(name);

/** Sequence numbers as a receiver lists them: ascending on the circle, each once. */
const sequences = fc
  .tuple(u16, fc.uniqueArray(fc.nat(2_000), { minLength: 1, maxLength: 80 }))
  .map(([start, steps]) => steps.sort((one, other) => one - other).map((step) => (start + step) & 0xffff));

/** Any packet that can be written, of every kind. */
export const anyPacket: fc.Arbitrary<RtcpPacket> = fc.oneof(
  fc.record({
    kind: kind('senderReport'),
    ssrc: u32,
    ntpTime: u64,
    timestamp: u32,
    packets: u32,
    octets: u32,
    blocks,
    extension,
  }),
  fc.record({ kind: kind('receiverReport'), ssrc: u32, blocks, extension }),
  fc.record({
    kind: kind('sourceDescription'),
    chunks: fc.array(
      fc.record({
        ssrc: u32,
        items: fc.array(fc.record({ item: fc.integer({ min: 1, max: 255 }), text }), { maxLength: 4 }),
      }),
      { maxLength: 31 },
    ),
  }),
  fc.record({ kind: kind('goodbye'), sources: fc.array(u32, { maxLength: 31 }), reason: text }),
  fc.record({
    kind: kind('application'),
    subtype: fc.nat(31),
    ssrc: u32,
    name: fc.uint8Array({ minLength: 4, maxLength: 4 }).map((codes) => String.fromCharCode(...codes)),
    data: words(5),
  }),
  fc.record({ kind: kind('genericNack'), ...sources, sequences }),
  fc.record({ kind: kind('pictureLoss'), ...sources }),
  fc.record({
    kind: kind('fullIntra'),
    ...sources,
    entries: fc.array(fc.record({ ssrc: u32, request: u8 }), { minLength: 1, maxLength: 5 }),
  }),
  fc.record({
    kind: kind('feedback'),
    packetType: fc.constantFrom(205, 206),
    format: fc.constantFrom(2, 3, 5, 15, 31),
    ...sources,
    information: words(5),
  }),
  fc.record({ kind: kind('unknown'), packetType: fc.constantFrom(192, 207, 223), count: fc.nat(31), body: words(5) }),
);
