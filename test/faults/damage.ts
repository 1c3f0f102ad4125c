import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Publisher, Subscriber } from '../../src/ring/index.js';
import { pythonWith } from '../python.js';
import type { Breakage } from './broken.js';
import type { Row } from './finding.js';
import { RingFolder } from './folder.js';
import { program, run } from './programs.js';

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** Bytes of a ring as a killed producer leaves it: five frames in three slots, one reader that holds one. */
export async function segmentBytes(lossless: boolean): Promise<Buffer> {
  using folder = new RingFolder();
  using _here = folder.enter();
  using ring = Publisher.open('template', { capacity: 64, slots: 3, readers: 2, lossless });
  const put = () =>
    ring.loan({ format: 'gray8', width: 8, height: 4 })?.publish({ metadata: { camera: 'one', gain: 2 } });
  for (let i = 0; i < 4; i++) put();
  using reader = await Subscriber.open('template', { from: 'oldest' });
  reader.tryNext()?.release();
  const held = reader.tryNext();
  put();
  const bytes = readFileSync(join(folder.path, 'framelane.template'));
  held?.release();
  return bytes;
}

/** One language's program over every `stride`th bit of one kind of ring. */
async function flipBits(
  language: string,
  command: readonly string[],
  bytes: Buffer,
  stride: number,
  seed: number,
): Promise<Row> {
  using folder = new RingFolder();
  using template = new RingFolder();
  const file = join(template.path, 'template');
  writeFileSync(file, bytes);
  const lossless = (bytes.readUInt32LE(0x44) & 1) === 1;
  const [tool = '', ...words] = [...command, file, String(stride), String(seed % stride)];
  const env = { ...folder.env, PYTHONPATH: path('../../python'), PYTHONDONTWRITEBYTECODE: '1' };
  const { out, err, code, signal } = await run(tool, words, { seconds: 600, env });
  const last = /^at .*$/gm;
  const place = (text: string) => text.match(last)?.at(-1) ?? 'at the start';
  const findings = out.match(/^BAD .*$/gm) ?? [];
  const first = findings[0] === undefined ? '' : `${place(out.slice(0, out.indexOf(findings[0])))}: ${findings[0]}`;
  const tried = Number(/^tried (\d+)/m.exec(out)?.[1] ?? 0);
  const row = {
    campaign: 'corrupt',
    what: `${language}: bits of a ${lossless ? 'lossless' : 'lossy'} ring flipped, 3 uses each`,
    unit: 'bits',
  };
  if (code !== 0)
    return { ...row, tried: 1, found: 1, note: `${place(out)}: ended with ${code ?? signal} ${err.slice(-200)}` };
  const left = folder.left.length > 0 ? [`left behind: ${folder.left.join(' ')}`] : [];
  return { ...row, tried, found: findings.length + left.length, note: first || (left[0] ?? '') };
}

/** Every bit of the header, reader entries and slot headers, in each language: a value or a typed error, nothing else. */
export async function corrupt({ stride, seed }: { readonly stride: number; readonly seed: number }): Promise<Row[]> {
  const python = pythonWith('numpy');
  const commands: readonly (readonly [string, readonly string[]])[] = [
    ['C', [await program('damage')]],
    ['Node', [process.execPath, path('./damage.mjs')]],
    ...(python === undefined ? [] : [['Python', [python, path('./damage.py')]] as const]),
  ];
  const segments = [await segmentBytes(false), await segmentBytes(true)];
  const rows: Row[] = [];
  for (const [language, command] of commands) {
    const both = segments.map((bytes) => flipBits(language, command, bytes, stride, seed));
    rows.push(...(await Promise.all(both)));
  }
  if (python === undefined) {
    rows.push({
      campaign: 'corrupt',
      what: 'Python',
      tried: 0,
      unit: 'bits',
      found: 0,
      note: 'no Python that can import numpy',
      skipped: true,
    });
  }
  return rows;
}

/** Checks taken out of the header: flipped bits must show it. */
const credulous: readonly Breakage[] = [
  {
    name: 'frame headers are believed',
    edits: [
      [
        '           bytes <= frame->payload - frame->offset[plane];\n  }\n  return sane;',
        '           bytes <= frame->payload - frame->offset[plane];\n  }\n  return true;',
      ],
    ],
    shownBy: 'damage',
  },
  {
    name: 'the geometry is believed',
    edits: [['return sane ? FL_OK : FL_E_DAMAGED;', 'return FL_OK;']],
    shownBy: 'damage',
  },
];

/** Without the checks of frame headers and of the geometry, flipped bits must do harm. */
export async function catchCredulous(): Promise<Row[]> {
  const bytes = await segmentBytes(false);
  return Promise.all(
    credulous.map(async (breakage) => {
      const row = await flipBits('C', [await program('damage', breakage)], bytes, 1, 0);
      return { ...row, campaign: 'broken', what: breakage.name, mustFind: true };
    }),
  );
}
