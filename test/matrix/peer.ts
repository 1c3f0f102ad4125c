/** The Node side of the language matrix: `peer.ts produce RING CASES CAPACITY` or `peer.ts read RING`. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { PixelFormat } from '../../src/frame/index.js';
import { frameLayout } from '../../src/frame/index.js';
import { Publisher, type RingFrame, Subscriber } from '../../src/ring/index.js';
import { fieldOf, metadataOf, pixelByte, planeSum } from './field.js';

const numbers = (field: string) => (field === '-' ? undefined : field.split(',').map(Number));

function areaOf(field: string) {
  const [x, y, sourceWidth, sourceHeight] = numbers(field) ?? [];
  return x === undefined ? undefined : ({ x, y, sourceWidth, sourceHeight } as NonNullable<RingFrame['area']>);
}

async function publishCase(ring: Publisher, line: string): Promise<void> {
  const [format, width, height, strides, captureTime, area, seed, metadata] = line.split(' ') as string[] &
    Record<number, string>;
  const spec = { format: format as PixelFormat, width: Number(width), height: Number(height) };
  const loan = await ring.loanWhenFree({ ...spec, strides: numbers(strides as string) });
  loan.layout.planes.forEach(({ offset, stride, rowBytes, rows }, plane) => {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < rowBytes; column++) {
        loan.bytes[offset + row * stride + column] = pixelByte(Number(seed), plane, row, column);
      }
    }
  });
  loan.publish({
    captureTime: BigInt(captureTime as string),
    area: areaOf(area as string),
    metadata: metadataOf(metadata as string),
  });
}

async function produce(name: string, path: string, capacity: number): Promise<void> {
  const words = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  using ring = Publisher.open(name, { capacity, slots: 16, lossless: true });
  console.log('open');
  await words.next();
  for (const line of readFileSync(path, 'utf8').trim().split('\n')) await publishCase(ring, line);
  console.log('done');
  await words.next();
}

function report(frame: RingFrame): object {
  const { format, width, height, sequence, area } = frame;
  const shapes = frameLayout({ format, width, height }).planes;
  return {
    format,
    width,
    height,
    sequence,
    captureTime: String(frame.captureTime),
    area: area === undefined ? '-' : [area.x, area.y, area.sourceWidth, area.sourceHeight].join(),
    strides: frame.planes.map((plane) => plane.stride),
    sums: frame.planes.map(({ data, stride }, index) => {
      const { rows = 0, rowBytes = 0 } = shapes[index] ?? {};
      return planeSum(rows, rowBytes, (row, column) => data[row * stride + column] as number);
    }),
    metadata: fieldOf(frame.metadata),
  };
}

async function read(name: string): Promise<void> {
  using ring = await Subscriber.open(name, { lossless: true, wait: 20_000 });
  console.log('attached');
  for await (const frame of ring) {
    console.log(JSON.stringify(report(frame)));
    frame.release();
  }
  console.log(JSON.stringify({ missed: ring.missed }));
}

const [verb, name, path, capacity] = process.argv.slice(2) as [string, string, string, string];
await (verb === 'produce' ? produce(name, path, Number(capacity)) : read(name));
// stdin of a producer would keep the process alive.
process.exit();
