/** `npm run soak -- tine`: does the same thing again and again and says what grew. Exits with 1 when something did. */
import { parseArgs } from 'node:util';
import { machine } from '../ring/machine.js';
import { allParts, parts, type Size } from './part.js';
import { type Figures, soakPart } from './run.js';

const usage = `usage: npm run soak -- tine [--part ${Object.keys(parts).join('|')}|all] [--iterations N] [--size 64x48] [--json]`;

interface Wishes {
  readonly names: readonly string[];
  readonly iterations: number;
  readonly size: Size;
  readonly json: boolean;
}

function wishesOf(words: readonly string[]): Wishes {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      part: { type: 'string', default: 'all' },
      iterations: { type: 'string', default: '100000' },
      size: { type: 'string', default: '64x48' },
      json: { type: 'boolean', default: false },
    },
  });
  const iterations = Number(values.iterations);
  const [, width, height] = /^(\d+)x(\d+)$/.exec(values.size) ?? [];
  const names = values.part === 'all' ? allParts : [values.part];
  if (positionals.join() !== 'tine') throw new Error('say what to soak: tine');
  if (!names.every((name) => name in parts)) throw new Error(`no part "${values.part}"`);
  if (!Number.isInteger(iterations) || iterations < 1000) throw new Error('at least 1000 iterations');
  if (width === undefined || height === undefined) throw new Error('a size is like 640x480');
  return { names, iterations, size: { width: Number(width), height: Number(height) }, json: values.json };
}

const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toPrecision(2)}`;

function print(name: string, figures: Figures): void {
  const { iterations, seconds, perSecond, warmUp } = figures;
  console.log(`\n${name}: ${iterations} iterations in ${seconds} s, ${perSecond}/s, after ${warmUp} to warm up`);
  for (const [quantity, { slope, low, high, unit, verdict }] of Object.entries(figures.slopes)) {
    const interval = `${signed(low)} .. ${signed(high)}`;
    console.log(
      `  ${quantity.padEnd(13)} ${signed(slope).padStart(9)} ${unit}/iteration  95%: ${interval.padEnd(22)} ${verdict}`,
    );
  }
}

async function main(wishes: Wishes): Promise<number> {
  const { names, iterations, size, json } = wishes;
  const all: Record<string, Figures> = {};
  for (const name of names) {
    const figures = await soakPart(name, iterations, size);
    all[name] = figures;
    if (!json) print(name, figures);
  }
  const date = new Date().toISOString().slice(0, 10);
  if (json) console.log(JSON.stringify({ date, machine: machine(), ...size, parts: all }));
  const slopes = Object.values(all).flatMap((figures) => Object.values(figures.slopes));
  return slopes.some(({ verdict }) => verdict === 'grows') ? 1 : 0;
}

let wishes: Wishes;
try {
  wishes = wishesOf(process.argv.slice(2));
} catch (error) {
  console.error(`${(error as Error).message}\n${usage}`);
  process.exit(2);
}
process.exitCode = await main(wishes).catch((error: Error) => {
  console.error(`soak: ${error.message}`);
  return 1;
});
