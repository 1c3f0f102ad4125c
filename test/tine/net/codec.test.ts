import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FramelaneError } from '../../../src/error.js';
import { decodeRequest, encodeRequest } from '../../../src/tine/net/request.js';
import { RequestReader } from '../../../src/tine/net/request-reader.js';
import {
  type BlockHeader,
  decodeResponseHeader,
  encodeBlockHeader,
  encodeResponseHeader,
} from '../../../src/tine/net/response.js';
import { ResponseReader, readDatagram } from '../../../src/tine/net/response-reader.js';
import { joined, recording, recordings } from './recordings.js';

const limit = 10_000_000;

interface Block {
  readonly header: BlockHeader;
  readonly body: Uint8Array;
}

/** Gathers what a reader hands on. */
class Gatherer {
  readonly blocks: Block[] = [];
  #header: BlockHeader | undefined;
  #announced = 0;
  #pieces: Uint8Array[] = [];

  begin(header: BlockHeader, bodyBytes: number): void {
    this.#header = header;
    this.#announced = bodyBytes;
    this.#pieces = [];
  }

  body(bytes: Uint8Array): void {
    this.#pieces.push(bytes.slice());
  }

  end(): void {
    const body = joined(this.#pieces);
    expect(body.length).toBe(this.#announced);
    this.blocks.push({ header: this.#header as BlockHeader, body });
  }
}

function readWhole(bytes: Uint8Array): Block[] {
  const gatherer = new Gatherer();
  new ResponseReader(gatherer, limit).push(bytes);
  return gatherer.blocks;
}

function encodeMessage(message: Uint8Array, blocks: readonly Block[]): Uint8Array {
  const out = new Uint8Array(message.length);
  encodeResponseHeader(decodeResponseHeader(message, limit), out);
  let at = 32;
  for (const { header, body } of blocks) {
    encodeBlockHeader(header, body.length, out, at);
    out.set(body, at + 56);
    at += 56 + body.length;
  }
  return out;
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(recordings)('recorded $name', ({ client, server }) => {
  test('client messages decode and encode to the same bytes', () => {
    for (const message of client) expect(encodeRequest(decodeRequest(message))).toEqual(message);
  });

  test('server messages decode and encode to the same bytes', () => {
    for (const message of server) {
      const blocks = readWhole(message);
      expect(blocks.length).toBeGreaterThan(0);
      expect(Buffer.compare(encodeMessage(message, blocks), message)).toBe(0);
    }
  });
});

test('requests come out whole however TCP cuts them', () => {
  const all = recordings.flatMap(({ client }) => client);
  const bytes = joined(all);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), (sizes) => {
      const reader = new RequestReader();
      const out: Uint8Array[] = [];
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        reader.push(bytes.subarray(at, at + size), (message) => out.push(message.slice()));
        at += size;
      }
      expect(out).toEqual(all);
      expect(reader.insideMessage).toBe(false);
    }),
    { numRuns: 20 },
  );
});

test('responses come out whole however TCP cuts them', () => {
  const bytes = joined(recording('timer_tcp_gray8').server);
  const expected = readWhole(bytes);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1 }), (sizes) => {
      const gatherer = new Gatherer();
      const reader = new ResponseReader(gatherer, limit);
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length] as number;
        reader.push(bytes.subarray(at, at + size));
        at += size;
      }
      expect(gatherer.blocks).toEqual(expected);
      expect(reader.offset).toBe(bytes.length);
    }),
    { numRuns: 20 },
  );
});

describe('every truncation', () => {
  const request = recording('packed_udp').client[0] as Uint8Array;
  const response = recording('packed_udp').server[0] as Uint8Array;

  test('of a request is a TINE_PROTOCOL error', () => {
    for (let length = 0; length < request.length; length++) {
      const error = thrownBy(() => decodeRequest(request.slice(0, length)));
      expect(error, `${length} bytes`).toMatchObject({
        code: 'TINE_PROTOCOL',
        details: { offset: expect.any(Number) },
      });
    }
  });

  test('of a datagram is a TINE_PROTOCOL error and hands nothing on', () => {
    for (let length = 0; length < response.length; length++) {
      const gatherer = new Gatherer();
      const error = thrownBy(() => readDatagram(response.slice(0, length), gatherer));
      expect(error, `${length} bytes`).toMatchObject({ code: 'TINE_PROTOCOL' });
      expect(gatherer.blocks).toEqual([]);
    }
  });

  test('of a stream leaves the reader inside a message, without an error', () => {
    for (let length = 1; length < response.length; length++) {
      const reader = new ResponseReader(new Gatherer(), limit);
      reader.push(response.subarray(0, length));
      expect(reader.insideMessage, `${length} bytes`).toBe(true);
    }
  });
});

describe('length fields at their extremes', () => {
  const extremes = [0, 1, 31, 32, 55, 87, 211, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

  function spoiled(message: Uint8Array, at: number, value: number): Uint8Array {
    const copy = message.slice();
    new DataView(copy.buffer).setUint32(at, value, true);
    return copy;
  }

  test.each([0, 4, 48])('request, u32 at %i', (at) => {
    for (const value of extremes) {
      const message = spoiled(recording('packed_udp').client[0] as Uint8Array, at, value);
      expect(
        thrownBy(() => decodeRequest(message)),
        `${value}`,
      ).toMatchObject({ code: 'TINE_PROTOCOL' });
    }
  });

  test.each([0, 4, 8, 32])('response, u32 at %i', (at) => {
    for (const value of extremes.filter((each) => at !== 8 || each !== 32)) {
      const message = spoiled(recording('packed_udp').server[0] as Uint8Array, at, value);
      expect(
        thrownBy(() => readDatagram(message, new Gatherer())),
        `${value}`,
      ).toMatchObject({ code: 'TINE_PROTOCOL' });
    }
  });

  test('an error on a stream names the offset from the first byte of the connection', () => {
    const message = recording('single_tcp_gray8').server[0] as Uint8Array;
    const reader = new ResponseReader(new Gatherer(), limit);
    reader.push(message);
    const error = thrownBy(() => reader.push(spoiled(message, 32, 7)));
    expect(error).toMatchObject({ code: 'TINE_PROTOCOL', details: { offset: message.length + 32 } });
  });
});

test('garbage never throws anything but a FramelaneError', () => {
  const header = recording('single_tcp_gray8').server[0] as Uint8Array;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat({ max: 120 }), (noise, keep) => {
      const bytes = joined([header.subarray(0, keep), noise]);
      for (const action of [
        () => decodeRequest(bytes),
        () => readDatagram(bytes, new Gatherer()),
        () => new ResponseReader(new Gatherer(), limit).push(bytes),
        () => new RequestReader().push(bytes, () => undefined),
      ]) {
        const error = thrownBy(action);
        if (error !== undefined) expect(error).toBeInstanceOf(FramelaneError);
      }
    }),
    { numRuns: 300 },
  );
});

test('names that do not fit their field are refused', () => {
  const request = decodeRequest(recording('single_udp_gray8').client[0] as Uint8Array);
  const [sub] = request.subrequests;
  for (const change of [
    { device: 'x'.repeat(65) },
    { property: 'x'.repeat(65) },
    { eqm: 'x'.repeat(9) },
    { device: 'Ω' },
  ]) {
    const changed = { ...request, subrequests: [{ ...sub, contract: { ...sub?.contract, ...change } }] };
    expect(thrownBy(() => encodeRequest(changed as typeof request))).toMatchObject({ code: 'BAD_ARGUMENT' });
  }
});

test('a name of exactly the field’s length has no NUL and survives', () => {
  const request = decodeRequest(recording('single_udp_gray8').client[0] as Uint8Array);
  const [sub] = request.subrequests;
  const device = 'D'.repeat(64);
  const changed = { ...request, subrequests: [{ ...sub, contract: { ...sub?.contract, device } }] } as typeof request;
  expect(decodeRequest(encodeRequest(changed)).subrequests[0]?.contract.device).toBe(device);
});
