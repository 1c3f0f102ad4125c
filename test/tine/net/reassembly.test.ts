import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeReplyHeaders, replyHeaderBytes } from '../../../src/tine/net/frame-reply.js';
import { ImageBuffer } from '../../../src/tine/net/image-pool.js';
import { Reassembly } from '../../../src/tine/net/reassembly.js';
import { decodeBlockHeader } from '../../../src/tine/net/response.js';

const reply = { fec: 'T', id: 1, starttime: 7, format: 55, dataSize: 1e6, seconds: 5, microseconds: 6 };

interface Block {
  readonly header: ReturnType<typeof decodeBlockHeader>;
  readonly body: Uint8Array;
}

function frameOf(bytes: number, blockBytes: number, counter = 10): { blocks: Block[]; frame: Uint8Array } {
  const frame = new Uint8Array(bytes).map((_, index) => (index * 31 + counter) & 0xff);
  const headers = encodeReplyHeaders(bytes, { ...reply, counter, blockBytes });
  const blocks: Block[] = [];
  for (let index = 0; index * replyHeaderBytes < headers.length; index++) {
    const header = decodeBlockHeader(headers.subarray(index * replyHeaderBytes + 32));
    blocks.push({ header, body: frame.subarray(index * blockBytes, (index + 1) * blockBytes) });
  }
  return { blocks, frame };
}

function feed(reassembly: Reassembly, { header, body }: Block): Uint8Array | undefined {
  if (!reassembly.begin(header, body.length)) return undefined;
  reassembly.body(body.subarray(0, body.length >> 1));
  reassembly.body(body.subarray(body.length >> 1));
  const done = reassembly.end();
  return done === undefined ? undefined : reassembly.buffer.bytes.slice(0, done.bytes);
}

const fresh = (limit = 1_000_000) => new Reassembly(new ImageBuffer(limit), limit);

test('blocks in any order, some of them twice, make the frame once', () => {
  const cases = fc.record({
    bytes: fc.integer({ min: 1, max: 20_000 }),
    blockBytes: fc.integer({ min: 1, max: 3000 }),
    order: fc.infiniteStream(fc.nat()),
  });
  fc.assert(
    fc.property(cases, ({ bytes, blockBytes, order }) => {
      fc.pre(bytes / blockBytes < 300);
      const { blocks, frame } = frameOf(bytes, blockBytes);
      const shuffled = [...blocks, ...blocks.slice(0, 5)]
        .map((block) => ({ block, key: order.next().value as number }))
        .sort((one, other) => one.key - other.key);
      const reassembly = fresh();
      const out = shuffled.map(({ block }) => feed(reassembly, block)).filter((image) => image !== undefined);
      expect(out).toEqual([frame]);
    }),
    { numRuns: 200 },
  );
});

test('a lost block loses its frame only, and is counted', () => {
  const reassembly = fresh();
  for (const block of frameOf(5000, 1384, 10).blocks.slice(1)) expect(feed(reassembly, block)).toBeUndefined();
  const next = frameOf(5000, 1384, 9);
  const out = next.blocks.map((block) => feed(reassembly, block)).filter((image) => image !== undefined);
  expect(out).toEqual([next.frame]);
  expect(reassembly.incomplete).toBe(1);
});

test('a block that ends beyond the limit is an error, and nothing grows for it', () => {
  const reassembly = fresh(10_000);
  const [block] = frameOf(3000, 1000).blocks;
  const hostile = { ...block, header: { ...block?.header, numblks: 32_767, blknum: 32_766 } } as Block;
  expect(() => feed(reassembly, hostile)).toThrow(/beyond the 10000 bytes/);
  expect(reassembly.buffer.bytes.length).toBe(0);
});

test('memory grows with the bytes that arrive, not with those announced', () => {
  const limit = 50_000_000;
  const reassembly = fresh(limit);
  const { header } = frameOf(100, 100).blocks[0] as Block;
  expect(reassembly.begin(header, limit)).toBe(true);
  reassembly.body(new Uint8Array(1000));
  expect(reassembly.buffer.bytes.length).toBeLessThanOrEqual(256 * 1024);
});

test.each([
  ['numblks 0', { numblks: 0 }],
  ['numblks negative', { numblks: -1 }],
  ['blknum 0 with data', { blknum: 0 }],
  ['blknum beyond numblks', { blknum: 9 }],
])('%s is a TINE_PROTOCOL error', (_, change) => {
  const [block] = frameOf(3000, 1000).blocks;
  expect(() => fresh().begin({ ...(block as Block).header, ...change }, 1000)).toThrow(/block/);
});

test('numblks that changes within a frame is an error', () => {
  const reassembly = fresh();
  const [first, second] = frameOf(3000, 1000).blocks as [Block, Block];
  feed(reassembly, first);
  expect(() => reassembly.begin({ ...second.header, numblks: 4 }, 1000)).toThrow(/numblks changes/);
});

test('a block of another size among equals is an error', () => {
  const reassembly = fresh();
  const [first, second] = frameOf(3000, 1000).blocks as [Block, Block];
  feed(reassembly, first);
  expect(() => reassembly.begin(second.header, 999)).toThrow(/block of 999 bytes/);
});
