import { Child, programPath } from './child.js';
import { pictures } from './picture.js';
import { noPython, python, root } from './tools.js';

/** What became of 4K rgb24 at 60 frames a second, through a lossless ring into a Python reader. */
export interface Fast4k {
  readonly frames: number;
  /** Frames that the source could not place or the reader did not get. */
  readonly dropped: number;
  /** Frames a second that arrived. */
  readonly fps: number;
  /** Processor time of a frame, in ms. */
  readonly producerCpuMs: number;
  readonly readerCpuMs: number;
}

const fps = 60;

/** `framelane pipe test: --lossless -- python3 row_sums.py`; a string: why not. */
export async function measureFast4k(seconds: number): Promise<Fast4k | string> {
  if (python === undefined) return noPython;
  const { width, height, format } = pictures['4k'].spec;
  const source = `test:${width}x${height}?fps=${fps}&format=${format}`;
  const frames = seconds * fps;
  const options = ['--lossless', '--frames', String(frames), '--stats', 'json', '--quiet'];
  const reader = [python, '-u', programPath('row_sums.py')];
  const args = [`${root}dist/cli/main.js`, 'pipe', source, ...options, '--', ...reader];
  const pipe = new Child({ command: process.execPath, args });
  const lines = await Promise.all([pipe.line('reader'), pipe.line(undefined)]);
  const [seen, sent] = lines as unknown as [Record<string, number>, Record<string, number>];
  await pipe.stop();
  const [got = 0, missed = 0, took = 0] = [seen.frames, seen.missed, seen.seconds];
  return {
    frames: got,
    dropped: (sent.dropped ?? 0) + missed + (frames - missed - got),
    fps: (got - 1) / took,
    producerCpuMs: ((sent.cpu_seconds ?? 0) * 1000) / frames,
    readerCpuMs: ((seen.cpu ?? 0) * 1000) / frames,
  };
}
