import type { FrameSpec } from '../../../src/frame/index.js';
import { frameBytes } from '../../../src/frame/index.js';
import { Publisher, Subscriber } from '../../../src/ring/index.js';
import type { Part, Size } from '../part.js';

/** A frame written in place, published, taken, looked at, given back. */
export async function openRing({ width, height }: Size): Promise<Part> {
  const spec: FrameSpec = { format: 'gray16le', width, height };
  const name = `soak-${process.pid}`;
  const publisher = Publisher.open(name, { capacity: frameBytes(spec) });
  const subscriber = await Subscriber.open(name);
  let number = 0;
  return {
    async iterate() {
      const loan = publisher.loan(spec);
      if (loan === undefined) throw new Error('no free slot');
      const mark = ++number & 0xff;
      loan.bytes[0] = mark;
      loan.publish({ metadata: { number } });
      const frame = await subscriber.next();
      if (frame === undefined) throw new Error('the ring ended');
      const same = frame.data[0] === mark && frame.metadata.number === number;
      frame.release();
      if (!same) throw new Error(`frame ${number} came out wrong`);
    },
    close() {
      subscriber.close();
      publisher.close();
    },
  };
}
