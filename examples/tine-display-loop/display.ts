// Every 100 ms: get an image from a TINE camera, decode it, show it. Ctrl-C ends it; a camera that goes away is waited for.
//
//     npx tsx examples/tine-display-loop/display.ts tine://HOST[:OFFSET]/EQM/DEVICE/PROPERTY [--png FILE]
import { rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openTineCamera } from 'framelane/endpoints';
import { type ColourMap, encodePng, type Frame, FramelaneError, levelFrame, toRgb } from 'framelane/frame';
import { TurboJpeg } from 'framelane/jpeg';
import { ImageDecoder } from 'framelane/tine';
import { terminalPicture } from './terminal.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    png: { type: 'string' }, // draw into this file instead of the terminal
    every: { type: 'string', default: '100' }, // ms
    colours: { type: 'string', default: 'gray' }, // gray, viridis or turbo, for gray cameras
    stretch: { type: 'boolean', default: false }, // from the darkest to the brightest percent, not the full range
  },
});
const [address] = positionals;
if (address === undefined) {
  console.error('usage: display.ts tine://HOST[:OFFSET]/EQM/DEVICE/PROPERTY [--png FILE] [--stretch] [--colours MAP]');
  process.exit(2);
}

/** Eight bits a sample, whatever the camera has: 12-bit gray would be black in a 16-bit picture. */
function visible(frame: Frame): Frame {
  if (frame.format !== 'gray8' && frame.format !== 'gray16le') return toRgb(frame);
  return levelFrame(frame, {
    mode: values.stretch ? 'percentiles' : 'full',
    colourMap: values.colours as ColourMap,
  });
}

/** Written beside and renamed: whoever looks at the file never sees half a picture. */
async function drawFile(picture: Frame, path: string): Promise<void> {
  await writeFile(`${path}.part`, encodePng(picture));
  await rename(`${path}.part`, path);
}

function drawTerminal(picture: Frame, caption: string): void {
  const { columns = 80, rows = 25, isTTY } = process.stdout;
  // On a terminal each picture goes over the one before; elsewhere they follow one another.
  const home = isTTY ? '\x1b[H' : '';
  const wipe = isTTY ? '\x1b[K\x1b[J' : '';
  process.stdout.write(`${home}${terminalPicture(picture, columns, rows - 2)}\n${caption}${wipe}\n`);
}

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const camera = openTineCamera(address);
stop.signal.addEventListener('abort', () => camera.close()); // ends a get() that waits
const decoder = new ImageDecoder({ jpeg: new TurboJpeg() });
let shown = 0;
let complaint = '';

async function showOne(): Promise<void> {
  using image = await camera.get(); // its bytes are ours until the end of this function
  using frame = decoder.toFrame(image.bytes);
  const { width, height, format, sequence, metadata } = frame;
  const caption = `${metadata['tine.cameraPortName']} ${sequence}: ${width}x${height} ${format}, ${metadata.effectiveBits} bits`;
  if (values.png === undefined) drawTerminal(visible(frame), caption);
  else await drawFile(visible(frame), values.png);
  shown++;
  complaint = '';
}

/** A camera that is away may come back; an address or an image that makes no sense stays so. */
function complain(error: unknown): void {
  const passing: readonly string[] = [
    'CONNECTION',
    'TIMEOUT',
    'TINE_STATUS',
    'TINE_PROTOCOL',
    'TINE_INVALID',
    'TRUNCATED',
  ];
  if (!(error instanceof FramelaneError) || ![...passing, 'JPEG_INVALID'].includes(error.code)) throw error;
  if (error.message !== complaint) console.error(`${error.code}: ${error.message}`);
  complaint = error.message;
}

if (values.png === undefined && process.stdout.isTTY) process.stdout.write('\x1b[2J');
while (!stop.signal.aborted) {
  const next = performance.now() + Number(values.every);
  try {
    await showOne();
  } catch (error) {
    if (!stop.signal.aborted) complain(error);
  }
  await sleep(Math.max(0, next - performance.now()), undefined, { signal: stop.signal }).catch(() => undefined);
}
await camera.close();
console.log(`${shown} images shown`);
