/**
 * Draws the newest bench/results/qt-*.txt as docs/pictures/qt.svg: `npx tsx bench/qt/chart.ts`. Bars on a logarithmic
 * scale, a pair for each way, light for drawings and dark for drawings with noise.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { QtResults } from '../qt.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const bars = [
  ['qdatastream', 'QDataStream << QVector<QImage>'],
  ['png', 'PNG, image by image'],
  ['list', 'image list in QSharedMemory'],
  ['ring', 'ring, copied in'],
  ['canvas', 'ring, drawn in place'],
] as const;

const [left, width, rowHeight, top] = [285, 385, 46, 56];
const [lowest, decades] = [0.01, 7]; // from 0.01 ms to 100 s

/** Pixels of a bar. */
function lengthOf(ms: number): number {
  const share = Math.log10(ms / lowest) / decades;
  return Math.round(Math.min(1, Math.max(0.005, share)) * width * 10) / 10;
}

function readable(ms: number): string {
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms >= 10 ? ms.toFixed(0) : ms.toPrecision(2)} ms`;
}

const escaped = (text: string) => text.replaceAll('<', '&lt;');

function bar(y: number, ms: number, colour: string): string {
  const length = lengthOf(ms);
  return [
    `<rect x="${left}" y="${y}" width="${length}" height="16" fill="${colour}"/>`,
    `<text x="${left + length + 6}" y="${y + 12.5}" class="figure">${readable(ms)}</text>`,
  ].join('');
}

/** The picture of a run's results. */
export function chartOf(results: QtResults): string {
  const rows = bars.map(([way, label], index) => {
    const y = top + index * rowHeight;
    const name = `<text x="${left - 10}" y="${y + 21}" text-anchor="end">${escaped(label)}</text>`;
    return [name, bar(y, results.ms.noisy[way], '#1f5c99'), bar(y + 18, results.ms.clean[way], '#8ab8e6')].join('');
  });
  const height = top + bars.length * rowHeight + 34;
  const { machine, qt, python } = results;
  const foot = `${machine.cpu}, ${machine.cores} cores, ${qt}, Python ${python.python}, numpy ${python.numpy}; medians, logarithmic scale`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" role="img">`,
    '<title>Ten 1080p images from Qt to numpy</title>',
    '<style>text{font:14px sans-serif;fill:#222}.figure{font-size:12px}.small{font-size:11px;fill:#666}.head{font-size:16px;font-weight:bold}</style>',
    `<rect width="760" height="${height}" fill="#fff"/>`,
    '<text x="16" y="26" class="head">Ten 1080p images (83 MB) from a Qt program to numpy arrays in Python</text>',
    `<rect x="${left}" y="36" width="10" height="10" fill="#1f5c99"/><text x="${left + 15}" y="45" class="small">with a camera's noise</text>`,
    `<rect x="${left + 150}" y="36" width="10" height="10" fill="#8ab8e6"/><text x="${left + 165}" y="45" class="small">drawn, without noise</text>`,
    ...rows,
    `<text x="16" y="${height - 12}" class="small">${foot}</text>`,
    '</svg>',
    '',
  ].join('\n');
}

/** The last line of the newest result file. */
export function newestResults(): QtResults {
  const folder = `${root}bench/results/`;
  const name = readdirSync(folder)
    .filter((file) => /^qt-\d{4}-\d\d-\d\d\.txt$/.test(file))
    .sort()
    .at(-1);
  if (name === undefined) throw new Error(`no ${folder}qt-DATE.txt: npm run bench -- qt --json > it`);
  return JSON.parse(
    readFileSync(folder + name, 'utf8')
      .trim()
      .split('\n')
      .at(-1) as string,
  ) as QtResults;
}

/** Where the picture is kept. */
export const chartFile = `${root}docs/pictures/qt.svg`;

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(chartFile, chartOf(newestResults()));
