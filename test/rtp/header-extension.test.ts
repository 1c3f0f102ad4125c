import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  absCaptureTime,
  absSendTime,
  appBitsOf,
  captureTimeOf,
  type ExtensionElement,
  headerExtension,
  RtpPacket,
  readHeaderExtension,
  rtpPacket,
} from '../../src/rtp/index.js';

const element = (id: number, ...data: number[]): ExtensionElement => ({ id, data: Uint8Array.from(data) });

/** What a receiver reads of elements that were written into a packet. */
function throughPacket(extension: Uint8Array): ExtensionElement[] {
  const packet = new RtpPacket(rtpPacket({ payloadType: 96, sequence: 1, timestamp: 2, ssrc: 3, extension }));
  return packet.extension === undefined ? [] : readHeaderExtension(packet.extension);
}

test('the one-byte form is as RFC 8285 section 4.2 draws it', () => {
  const extension = headerExtension([element(1, 0xaa), element(2, 1, 2), element(14, 1, 2, 3, 4)]);
  expect([...extension]).toEqual([...[0xbe, 0xde, 0, 3], ...[0x10, 0xaa, 0x21, 1, 2, 0xe3, 1, 2, 3, 4, 0, 0]]);
});

test('the two-byte form is as RFC 8285 section 4.3 draws it', () => {
  const extension = headerExtension([element(1), element(200, 0xaa), element(3, 1, 2, 3, 4)], { appBits: 5 });
  expect([...extension]).toEqual([...[0x10, 0x05, 0, 3], ...[1, 0, 200, 1, 0xaa, 3, 4, 1, 2, 3, 4, 0]]);
  const { profile, data } = { profile: 0x1005, data: extension.subarray(4) };
  expect(appBitsOf({ profile, data })).toBe(5);
  expect(appBitsOf({ profile: 0xbede, data })).toBeUndefined();
});

test('an element that the one-byte form cannot hold takes all to the two-byte form, unless one asks for the other', () => {
  for (const large of [element(15, 1), element(1), { id: 1, data: new Uint8Array(17) }]) {
    expect(headerExtension([large, element(2, 9)])[0]).toBe(0x10);
    expect(() => headerExtension([large], { form: 1 })).toThrow(/a 1-byte header extension takes id 1\.\.14/);
  }
});

test('elements that no form can hold are refused', () => {
  for (const wrong of [element(0, 1), element(256, 1), element(-1, 1), element(1.5, 1)]) {
    expect(() => headerExtension([wrong])).toThrow(/header extension takes/);
  }
  expect(() => headerExtension([{ id: 1, data: new Uint8Array(256) }])).toThrow(/0\.\.255 bytes/);
  expect(() => headerExtension([element(1, 1)], { appBits: 1 })).toThrow(/only in the two-byte form/);
  const full = { id: 1, data: new Uint8Array(255) };
  expect(() => headerExtension(Array(1021).fill(full))).toThrow(/262140 fit/);
  expect(headerExtension(Array(1020).fill(full)).length).toBe(4 + 1020 * 257);
});

test('padding between elements is passed over, in both forms', () => {
  expect(readHeaderExtension({ profile: 0xbede, data: Uint8Array.of(0, 0, 0x10, 7, 0, 0x20, 8, 0) })).toEqual([
    element(1, 7),
    element(2, 8),
  ]);
  expect(readHeaderExtension({ profile: 0x1000, data: Uint8Array.of(0, 1, 1, 7, 0, 0, 2, 0) })).toEqual([
    element(1, 7),
    element(2),
  ]);
});

test('id 15, and id 0 with a length, end the one-byte form; what stands before counts', () => {
  for (const end of [0xf0, 0xff, 0x03]) {
    const data = Uint8Array.of(0x10, 7, end, 0x20, 8, 0, 0, 0);
    expect(readHeaderExtension({ profile: 0xbede, data })).toEqual([element(1, 7)]);
  }
});

test('an element longer than what is left is an error with its offset; every cut of either form', () => {
  const forms = [
    headerExtension([element(1, 1, 2, 3), element(2, 4, 5, 6, 7, 8)]),
    headerExtension([element(100, 1, 2, 3), element(2, 4, 5, 6, 7, 8, 9)]),
  ];
  for (const whole of forms) {
    const profile = ((whole[0] as number) << 8) | (whole[1] as number);
    const form = profile === 0xbede ? 1 : 2;
    const [second, end] = form === 1 ? [4, 10] : [5, 13];
    for (let length = 0; length < end; length++) {
      const data = whole.subarray(4, 4 + length);
      if (length === 0 || length === second) expect(() => readHeaderExtension({ profile, data })).not.toThrow();
      else expect(() => readHeaderExtension({ profile, data }), `${length} bytes`).toThrow(/element \d+ of a header/);
    }
  }
});

test('an extension of another profile has no elements', () => {
  expect(readHeaderExtension({ profile: 0x1234, data: Uint8Array.of(0x10, 7, 0, 0) })).toEqual([]);
});

test('any elements are read as they were written, through a packet', () => {
  const data = fc.uint8Array({ maxLength: 40 });
  const elements = fc.array(fc.record({ id: fc.integer({ min: 1, max: 255 }), data }), { maxLength: 10 });
  const small = fc.array(
    fc.record({ id: fc.integer({ min: 1, max: 14 }), data: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(fc.oneof(elements, small), (written) => {
      const extension = headerExtension(written);
      expect(extension.length % 4).toBe(0);
      expect(throughPacket(extension)).toEqual(written.map(({ id, data }) => ({ id, data: Uint8Array.from(data) })));
    }),
  );
});

test('any bytes as an extension are elements or RTP_INVALID', () => {
  fc.assert(
    fc.property(fc.constantFrom(0xbede, 0x1000, 0x100f), fc.uint8Array({ maxLength: 64 }), (profile, data) => {
      try {
        const elements = readHeaderExtension({ profile, data });
        expect(elements.reduce((sum, { data }) => sum + data.length, 0)).toBeLessThanOrEqual(data.length);
      } catch (error) {
        expect(error).toMatchObject({ code: 'RTP_INVALID' });
      }
    }),
    { numRuns: 1000 },
  );
});

test('abs-send-time counts seconds modulo 64 in units of 2^-18 s', () => {
  // 1970-01-01 00:00:00 is NTP second 2208988800, which is 0 modulo 64.
  expect([...absSendTime(0n)]).toEqual([0, 0, 0]);
  expect([...absSendTime(1_500_000_000n)]).toEqual([0x06, 0, 0]); // 1.5 * 2^18 = 0x060000
  expect([...absSendTime(65_000_000_000n)]).toEqual([0x04, 0, 0]);
});

test('abs-capture-time is a 64-bit NTP time and is read back to the ns', () => {
  const time = 1_700_000_000_123_456_789n;
  expect([...absCaptureTime(500_000_000n)]).toEqual([0x83, 0xaa, 0x7e, 0x80, 0x80, 0, 0, 0]);
  expect(captureTimeOf(absCaptureTime(time))).toBe(time);
  expect(captureTimeOf(Uint8Array.of(...absCaptureTime(time), 0, 0, 0, 1, 0, 0, 0, 0))).toBe(time);
  expect(() => captureTimeOf(new Uint8Array(9))).toThrow(/8 or 16/);
});
