import { Child, programPath } from './child.js';
import { pictures } from './picture.js';
import { regression, type Slope } from './statistics.js';
import type { Workshop } from './workshop.js';

/** How a subscriber's memory went along with the frames it took. */
export interface Growth {
  /** Frames that were taken and counted. */
  readonly frames: number;
  /** Bytes a frame, while collections come as they please. */
  readonly rss: Slope;
  /** Bytes a frame that are still held after a collection. */
  readonly heap: Slope;
  readonly external: Slope;
  /** Collections of the young and of the whole heap, per 1,000 frames. */
  readonly youngPer1000: number;
  readonly oldPer1000: number;
}

interface Sample {
  readonly frames: number;
  readonly rss: number;
  readonly external: number;
  readonly heap: number;
}

interface Taken {
  readonly samples: readonly Sample[];
  readonly collections: { readonly young: number; readonly old: number };
}

async function take(workshop: Workshop, frames: number, look: 'growth' | 'held' | 'collections'): Promise<Taken> {
  const { spec, bytes } = pictures['1080p'];
  const ring = workshop.ring(`memory-${look}`);
  const plan = JSON.stringify({ ring, spec, bytes, frames, every: frames / (look === 'held' ? 20 : 100), look });
  const program = (name: string, ...flags: string[]) =>
    new Child({ command: process.execPath, args: [...flags, programPath(name), plan] });
  const producer = program('growth-producer.mjs');
  await producer.line('producer');
  const consumer = program('growth-consumer.mjs', '--expose-gc');
  try {
    await consumer.line('consumer');
    return (await consumer.line('consumer')) as unknown as Taken;
  } finally {
    await Promise.all([producer.stop(), consumer.stop()]);
  }
}

/** Lets a subscriber take frames three times, and looks at another part of its memory each time. */
export async function measureGrowth(workshop: Workshop, frames: number): Promise<Growth> {
  const free = await take(workshop, frames, 'growth');
  const held = await take(workshop, frames, 'held');
  const { collections } = await take(workshop, frames, 'collections');
  const slope = ({ samples }: Taken, key: 'rss' | 'heap' | 'external') =>
    regression(
      samples.map((sample) => sample.frames),
      samples.map((sample) => sample[key]),
    );
  return {
    frames,
    rss: slope(free, 'rss'),
    heap: slope(held, 'heap'),
    external: slope(held, 'external'),
    youngPer1000: (collections.young * 1000) / frames,
    oldPer1000: (collections.old * 1000) / frames,
  };
}
