import type { BenchOptions } from './main.js';
import { type Effort, measureGroup } from './ring/groups.js';
import { pictures } from './ring/picture.js';
import { median, percentile } from './ring/statistics.js';
import { Workshop } from './ring/workshop.js';

const efforts: Record<'quick' | 'full', Effort> = {
  quick: { rounds: 2, ringFrames: 40, rivalFrames: 8 },
  full: { rounds: 8, ringFrames: 60, rivalFrames: 16 },
};

export async function run(options: BenchOptions): Promise<void> {
  using workshop = new Workshop();
  for (const picture of [pictures['1080p'], pictures['4k']]) {
    const t = performance.now();
    const group = await measureGroup(workshop, picture, options.quick ? efforts.quick : efforts.full);
    console.log(performance.now() - t);
    for (const { contender, figures } of group.measured)
      console.log(
        contender.label,
        figures.us.length,
        median(figures.us),
        percentile(figures.us, 0.99),
        median(figures.producerCpu),
        median(figures.consumerCpu),
        median(figures.write),
        median(figures.memcpy),
      );
  }
}
