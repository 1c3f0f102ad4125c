import { expect, test } from 'vitest';
import { FramelaneError } from '../../src/error.js';
import { RtpHeader, RtpPacket, rtpPacket, rtpStatus, rtpStatusText } from '../../src/rtp/index.js';

const fields = { payloadType: 96, sequence: 0xfffe, timestamp: 0xfedc_ba98, ssrc: 0x8000_0001 };

/** RFC 3550 section 5.1 read bit by bit, as slowly and plainly as possible: the payload's bytes, or nothing. */
function payloadByRfc(datagram: Uint8Array): number[] | undefined {
  const bits = [...datagram].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const number = (at: number, count: number): number => Number.parseInt(bits.slice(at, at + count), 2);
  if (datagram.length < 12 || number(0, 2) !== 2) return undefined;
  let at = 12 + 4 * number(4, 4);
  if (number(3, 1) === 1) {
    if (at + 4 > datagram.length) return undefined;
    at += 4 + 4 * number(8 * (at + 2), 16);
  }
  if (at > datagram.length) return undefined;
  const padding = number(2, 1) === 1 ? (datagram.at(-1) as number) : undefined;
  if (padding === 0 || at + (padding ?? 0) > datagram.length) return undefined;
  return [...datagram.subarray(at, datagram.length - (padding ?? 0))];
}

test('every length from 0 to 64 with every first byte gives a packet or a typed error: 16,640 datagrams', () => {
  const header = new RtpHeader();
  const faults: string[] = [];
  let packets = 0;
  for (let length = 0; length <= 64; length++) {
    for (let first = 0; first < 256; first++) {
      const datagram = Uint8Array.from({ length }, (_, index) => (index === 0 ? first : index % 4 === 3 ? 1 : 0));
      const expected = payloadByRfc(datagram);
      const status = header.read(datagram, 0, length);
      const got = status === rtpStatus.ok ? [...new RtpPacket(datagram).payload] : undefined;
      if (JSON.stringify(got) !== JSON.stringify(expected))
        faults.push(`length ${length}, first byte ${first}: ${got}`);
      if (status === rtpStatus.ok) packets++;
      else expectRefused(datagram, rtpStatusText(status));
    }
  }
  expect(faults).toEqual([]);
  expect(packets).toBeGreaterThan(800);
  expect(packets).toBeLessThan(16_640 / 4); // three of four first bytes are of another version
});

function expectRefused(datagram: Uint8Array, why: string): void {
  try {
    new RtpPacket(datagram);
  } catch (error) {
    if (error instanceof FramelaneError && error.code === 'RTP_INVALID' && error.message.includes(why)) return;
    throw error;
  }
  throw new Error(`no error: ${why}`);
}

test('a packet is read at an offset of a larger memory, whatever lies around it', () => {
  const packet = rtpPacket({ ...fields, payload: Uint8Array.of(1, 2, 3), paddingBytes: 4, marker: true });
  const memory = new Uint8Array(100).fill(0xff);
  memory.set(packet, 33);
  const header = new RtpHeader();
  expect(header.read(memory, 33, packet.length)).toBe(rtpStatus.ok);
  expect(header).toMatchObject({ ...fields, marker: 1, payloadOffset: 45, payloadBytes: 3, paddingBytes: 4 });
  expect(header.read(memory, 90, packet.length)).toBe(rtpStatus.tooShort); // it would leave the memory
});

test('a header has its fields where RFC 3550 section 5.1 draws them', () => {
  const extension = Uint8Array.of(0xbe, 0xde, 0, 1, 0x10, 0xaa, 0, 0);
  const payload = Uint8Array.of(7, 8);
  const bytes = rtpPacket({ ...fields, marker: true, csrc: [1, 0xffff_fffe], extension, payload, paddingBytes: 2 });
  expect([...bytes]).toEqual([
    ...[0xb2, 0xe0, 0xff, 0xfe, 0xfe, 0xdc, 0xba, 0x98, 0x80, 0, 0, 1],
    ...[0, 0, 0, 1, 0xff, 0xff, 0xff, 0xfe],
    ...extension,
    ...[7, 8, 0, 2],
  ]);
  const packet = new RtpPacket(bytes);
  expect(packet).toMatchObject({ ...fields, marker: true, csrc: [1, 0xffff_fffe], paddingBytes: 2 });
  expect(packet.extension).toEqual({ profile: 0xbede, data: extension.subarray(4) });
  expect(packet.payload).toEqual(payload);
  expect(packet.payload.buffer).toBe(bytes.buffer); // a view, never a copy
});

test('a datagram of 20 bytes with an extension of 65535 words is refused', () => {
  const datagram = rtpPacket({ ...fields, extension: new Uint8Array(8) });
  datagram.set([0xff, 0xff], 14);
  expect(datagram.length).toBe(20);
  expect(new RtpHeader().read(datagram, 0, 20)).toBe(rtpStatus.extensionCut);
  expectRefused(datagram, 'ends in the header extension');
});

test('an extension of no words is an extension without data', () => {
  const packet = new RtpPacket(rtpPacket({ ...fields, extension: Uint8Array.of(0xbe, 0xde, 0, 0) }));
  expect(packet.extension).toEqual({ profile: 0xbede, data: new Uint8Array(0) });
});

test('padding of 0 bytes, and padding longer than the payload, are refused', () => {
  const whole = rtpPacket({ ...fields, payload: new Uint8Array(4), paddingBytes: 4 });
  expect(new RtpPacket(whole).payload.length).toBe(4);
  for (const count of [0, 9, 255]) {
    whole[whole.length - 1] = count;
    expect(new RtpHeader().read(whole, 0, whole.length), `padding ${count}`).toBe(rtpStatus.badPadding);
  }
  whole[whole.length - 1] = 8; // a packet that is all padding
  expect(new RtpPacket(whole)).toMatchObject({ paddingBytes: 8, payload: new Uint8Array(0) });
});

test('an encrypted padding count is left alone', () => {
  const packet = rtpPacket({ ...fields, payload: new Uint8Array(4), paddingBytes: 4 });
  packet[packet.length - 1] = 200;
  const header = new RtpHeader();
  expect(header.readEncrypted(packet, 0, packet.length)).toBe(rtpStatus.ok);
  expect(header).toMatchObject({ payloadBytes: 8, paddingBytes: 0 });
});

test('a header object keeps nothing of the packet before', () => {
  const header = new RtpHeader();
  const large = {
    csrc: [1, 2],
    extension: new Uint8Array(12),
    payload: new Uint8Array(9),
    paddingBytes: 3,
    marker: true,
  };
  const first = rtpPacket({ ...fields, ...large });
  header.read(first, 0, first.length);
  const plain = rtpPacket({ ...fields, sequence: 5 });
  header.read(plain, 0, plain.length);
  const fresh = new RtpHeader();
  fresh.read(plain, 0, plain.length);
  expect({ ...header, extensionOffset: 0 }).toEqual({ ...fresh, extensionOffset: 0 });
});

test('a packet that cannot be written is refused with what is wrong', () => {
  const wrong = [
    { payloadType: 128 },
    { csrc: new Array(16).fill(1) },
    { extension: new Uint8Array(5) },
    { paddingBytes: 256 },
    { paddingBytes: -1 },
  ];
  for (const init of wrong) {
    expect(() => rtpPacket({ ...fields, ...init }), JSON.stringify(init)).toThrow(FramelaneError);
  }
});

test('a header is read in well under 100 ns, without allocation', () => {
  const datagrams = Array.from({ length: 64 }, (_, index) =>
    rtpPacket({ ...fields, sequence: index, payload: new Uint8Array(1388) }),
  );
  const header = new RtpHeader();
  const rounds = 20_000;
  // The sum is a local: one that the closure keeps would be an object of its own after each addition.
  const pass = (count: number): number => {
    let sum = 0;
    for (let round = 0; round < count; round++) {
      for (const datagram of datagrams) {
        header.read(datagram, 0, datagram.length);
        sum += header.payloadBytes + header.timestamp;
      }
    }
    return sum;
  };
  pass(1000);
  // The best of a few: the machine does other things too, and the compiler comes late on a busy one.
  let sum = 0;
  const looks = Array.from({ length: 10 }, () => {
    const heap = process.memoryUsage().heapUsed;
    const begin = process.cpuUsage();
    sum += pass(rounds / 5);
    const ns = (process.cpuUsage(begin).user * 1000 * 5) / (rounds * datagrams.length);
    return { ns, grown: process.memoryUsage().heapUsed - heap };
  });
  expect(sum).toBeGreaterThan(0);
  expect(Math.min(...looks.map(({ ns }) => ns))).toBeLessThan(100);
  expect(Math.min(...looks.map(({ grown }) => Math.abs(grown)))).toBeLessThan(200_000); // 256,000 packets
});
