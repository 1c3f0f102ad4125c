import { openSource } from '../endpoints/registry.js';
import { parseUri } from '../endpoints/uri.js';
import { ringStatus, snapshotRing } from '../ring/index.js';
import { exitCodes } from './exit-codes.js';
import { producerState, ringFacts } from './ring-commands.js';

/** `framelane info`: what is known of an address before it is used. */
export async function infoCommand(address: string, options: { readonly json?: boolean }): Promise<number> {
  const { scheme, path } = parseUri(address);
  const facts = scheme === 'shm' ? factsOfRing(path) : await factsOfSource(address);
  const known = Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  if (options.json === true) process.stdout.write(`${JSON.stringify({ uri: address, ...known })}\n`);
  else process.stdout.write(asLines(known));
  return exitCodes.ok;
}

function asLines(facts: Record<string, unknown>): string {
  const lines = Object.entries(facts).map(([name, value]) => `${`${name}:`.padEnd(15)} ${value}\n`);
  return lines.length === 0 ? 'nothing is known of it before the first frame\n' : lines.join('');
}

async function factsOfSource(address: string): Promise<Record<string, unknown>> {
  const source = await openSource(address);
  try {
    const { format, width, height, fps, frames } = await source.info();
    return { format, width, height, fps, frames };
  } finally {
    await source.close();
  }
}

function factsOfRing(name: string): Record<string, unknown> {
  const status = ringStatus(name);
  if (status.problem !== undefined) throw status.problem;
  const { problem: _, ...facts } = ringFacts(status);
  const frame = snapshotRing(name);
  const { format, width, height } = frame ?? {};
  const metadata = frame === undefined ? undefined : JSON.stringify(frame.metadata, plainValue);
  return { format, width, height, ...facts, producer: producerState(status), metadata };
}

/** Metadata values that JSON does not know. */
function plainValue(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value;
}
