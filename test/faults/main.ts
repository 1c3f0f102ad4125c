/**
 * `npm run faults`: kills, races and damages rings and prints what was tried and what was found. Exits with 1 when a
 * promise was broken, or when a protocol broken on purpose was not caught. docs/faults.md says more.
 */
import { parseArgs } from 'node:util';
import { catchCredulous, corrupt } from './damage.js';
import { formatRow, isGood, type Row } from './finding.js';
import { killAtRandom } from './kill.js';
import { breakModel, noSpin, searchModel, spinIsHere } from './model.js';
import { catchBroken, raceUnbroken, stepThrough } from './ptrace.js';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    kills: { type: 'string' },
    seed: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `npm run faults -- [options]
  --quick           every so many instructions and bits, few kills: under a minute
  --only CAMPAIGN   one or more of ${'ptrace, broken, race, kill, corrupt, model'}, with commas
  --kills N         random kills (default 2000; 150 with --quick)
  --seed N          repeats the choices of an earlier run`;

const quick = values.quick;
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const kills = Number(values.kills ?? (quick ? 150 : 2000));
const steps = { stride: quick ? 67 : 1, seed, raceSeconds: quick ? 3 : 20 };

const campaigns: Readonly<Record<string, () => Promise<Row[]>>> = {
  ptrace: () => stepThrough(steps),
  broken: async () => [...(await catchBroken()), ...(await catchCredulous())],
  race: () => raceUnbroken(steps),
  kill: () => killAtRandom({ kills, seed }),
  corrupt: () => corrupt({ stride: quick ? 31 : 1, seed }),
  model: async () => {
    if (await spinIsHere()) return [...(await searchModel({ long: !quick })), ...(await breakModel())];
    return [
      {
        campaign: 'model',
        what: 'every state of the model',
        tried: 0,
        unit: 'states',
        found: 0,
        note: noSpin,
        skipped: true,
      },
    ];
  },
};

const chosen = values.only?.split(',') ?? Object.keys(campaigns);
const wrong = chosen.filter((name) => campaigns[name] === undefined);
if (values.help || wrong.length > 0 || ![seed, kills].every(Number.isSafeInteger)) {
  if (wrong.length > 0) console.error(`there is no campaign ${wrong.join(', ')}`);
  console.error(usage);
  process.exit(values.help ? 0 : 2);
}

process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
const all: Row[] = [];
const began = performance.now();
console.log(`seed ${seed}`);
for (const name of chosen) {
  const rows = (await campaigns[name]?.()) ?? [];
  for (const row of rows) console.log(formatRow(row));
  all.push(...rows);
}
const bad = all.filter((row) => !isGood(row)).length;
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(
  `\n${all.length} lines in ${seconds} s: ${bad === 0 ? 'every promise held, every breakage was caught' : `${bad} are not as they must be`}`,
);
process.exitCode = bad === 0 ? 0 : 1;
