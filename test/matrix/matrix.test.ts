import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listRings } from '../../src/ring/index.js';
import { ringFolder } from '../../src/ring/status.js';
import { ringName } from '../ring/names.js';
import { type Case, capacityOf, caseFile, expectedReport, matrixCases } from './cases.js';
import { type Language, languages, Peer, prepareToolchain } from './peers.js';

const toolchain = prepareToolchain();
const spoken = languages.filter((language) => toolchain.commands.has(language));
const folder = mkdtempSync(join(tmpdir(), 'framelane-cases-'));
const started: Peer[] = [];
let ring = '';

beforeEach(() => {
  ring = ringName();
});

function start(language: Language, ...words: string[]): Peer {
  const peer = new Peer(language, toolchain, words);
  started.push(peer);
  return peer;
}

/** Readers of every language, attached as soon as there is a ring. */
const startReaders = (ring: string) => spoken.map((language) => start(language, 'read', ring));

function startProducer(language: Language, ring: string, cases: readonly Case[], capacity = capacityOf(cases)): Peer {
  const file = join(folder, `cases-${started.length}`);
  writeFileSync(file, caseFile(cases));
  return start(language, 'produce', ring, file, String(capacity));
}

const parsed = (lines: readonly string[]) => lines.slice(1).map((line) => JSON.parse(line) as object);

afterEach(async () => {
  await Promise.all(started.splice(0).map((peer) => peer.kill()));
  // What a failed test leaves: killed producers cannot close.
  rmSync(`${ringFolder()}/framelane.${ring}`, { force: true });
});

for (const [language, reason] of toolchain.without) {
  it.skip(`everything that is written or read in ${language} (${reason})`, () => {});
}

describe('each language reads what each other writes, every format, size, stride, area, time and metadata', () => {
  const cases = matrixCases();
  const expected = [...cases.map((one, index) => expectedReport(one, index + 1)), { missed: 0 }];

  it.each(spoken)('written in %s', async (language) => {
    const readers = startReaders(ring);
    const producer = startProducer(language, ring, cases);
    await Promise.all([producer.lines(1), ...readers.map((reader) => reader.lines(1))]);
    producer.tell();
    await producer.lines(2);
    producer.tell();
    await producer.end();
    for (const reader of readers) {
      expect(parsed(await reader.end()), `${language} read in ${reader.language}`).toEqual(expected);
    }
    expect(listRings().some((found) => found.name === ring)).toBe(false);
  });
});

describe('a killed producer is followed by one of another language', () => {
  const cases = matrixCases().filter((_, index) => index % 5 === 0);
  const parts = [cases.slice(0, 10), cases.slice(10, 20), cases.slice(20, 28)] as const;
  const capacity = capacityOf(cases);
  // Two producers share a ring and its numbers; the third one starts anew.
  const expected = [
    ...[...parts[0], ...parts[1]].map((one, index) => expectedReport(one, index + 1)),
    ...parts[2].map((one, index) => expectedReport(one, index + 1)),
  ];
  // C++ takes these steps by the C header, so it only reads here.
  const producing = spoken.filter((language) => language !== 'c++');
  const pairs = producing.flatMap((first) =>
    producing.filter((next) => next !== first).map((next) => [first, next] as const),
  );

  /** Publishes, once all readers are there, and stays. */
  async function publishAll(producer: Peer): Promise<void> {
    await producer.lines(1);
    producer.tell();
    await producer.lines(2);
  }

  it.each(pairs)('%s by %s: same ring taken over, then a larger one', async (first, next) => {
    const readers = startReaders(ring);
    const victim = startProducer(first, ring, parts[0], capacity);
    await Promise.all(readers.map((reader) => reader.lines(1)));
    await publishAll(victim);
    await victim.kill();
    const heir = startProducer(next, ring, parts[1], capacity);
    await publishAll(heir);
    await heir.kill();
    const successor = startProducer(first, ring, parts[2], 2 * capacity);
    await publishAll(successor);
    await Promise.all(readers.map((reader) => reader.lines(1 + expected.length)));
    successor.tell();
    await successor.end();
    for (const reader of readers) {
      const seen = parsed(await reader.end());
      expect(seen, `${first}, then ${next}, read in ${reader.language}`).toEqual([...expected, { missed: 0 }]);
    }
  });
});
