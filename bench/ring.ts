import type { BenchOptions } from './main.js';
import { measureCosts } from './ring/costs.js';
import { efforts } from './ring/effort.js';
import { measureFast4k } from './ring/fast4k.js';
import { type GroupResult, measureGroup } from './ring/groups.js';
import { measureGrowth } from './ring/growth.js';
import { machine } from './ring/machine.js';
import { pictures } from './ring/picture.js';
import { namedFigures } from './ring/ratios.js';
import { text } from './ring/report.js';
import { Workshop } from './ring/workshop.js';

/** `npm run bench -- ring`: the ring against everything else that moves frames between processes. */
export async function run({ json, quick }: BenchOptions): Promise<void> {
  const effort = efforts[quick ? 'quick' : 'full'];
  using workshop = new Workshop();
  const say = (what: string) => process.stderr.write(`bench: ${what}\n`);
  const seen = machine();
  const groups: GroupResult[] = [];
  for (const picture of Object.values(pictures)) {
    say(`${picture.name} between processes`);
    groups.push(await measureGroup(workshop, picture, effort));
  }
  say('calls');
  const costs = measureCosts(workshop, effort.costBatches);
  say('memory of a subscriber');
  const growth = await measureGrowth(workshop, effort.growthFrames);
  say('4K at 60 frames a second');
  const fast4k = await measureFast4k(effort.seconds4k60);
  const results = { machine: seen, groups, costs, growth, fast4k };
  console.log(text(results));
  if (json) console.log(JSON.stringify({ ...namedFigures(results), machine: seen }));
}
