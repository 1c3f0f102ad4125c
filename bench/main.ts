/** `npm run bench -- WORD`: runs bench/WORD.ts. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** What every benchmark is told. */
export interface BenchOptions {
  /** The last line of standard output is one JSON object. */
  readonly json: boolean;
  /** A short run: less precise. */
  readonly quick: boolean;
}

/** What a benchmark's file exports. */
interface Benchmark {
  run(options: BenchOptions): Promise<void>;
}

const folder = new URL('./', import.meta.url);
const words = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && file !== 'main.ts')
  .map((file) => file.slice(0, -3));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
const [word] = positionals;
const file = new URL(`./${word}.ts`, folder);
if (word === undefined || !words.includes(word) || !existsSync(fileURLToPath(file))) {
  console.error(`usage: npm run bench -- ${words.join('|')} [--json] [--quick]`);
  process.exit(2);
}
const { run } = (await import(file.href)) as Benchmark;
await run(values);
