import type { LiveFrame } from '../wire/live-frame.js';
import { lightChannels, samplesOf } from './samples.js';

/** Most places along a line that are read. */
const mostPlaces = 4096;

/** The picture's numbers along a line. */
export interface LineProfile {
  /** Distance from the line's start in pixels of the whole picture, one a place. */
  readonly distance: readonly number[];
  /** One array of numbers a channel. */
  readonly values: readonly (readonly number[])[];
  /** What the channels are. */
  readonly names: readonly string[];
}

/** Reads the nearest pixel at each pixel's length along the line: the camera's numbers, none in between. */
export function lineProfile(
  frame: LiveFrame,
  { from, to }: { from: { x: number; y: number }; to: { x: number; y: number } },
): LineProfile {
  const samples = samplesOf(frame);
  const channels = lightChannels(samples);
  const { reduction } = frame.header;
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const places = Math.min(mostPlaces, Math.max(2, Math.round(length) + 1));
  const distance: number[] = [];
  const values = channels.map((): number[] => []);
  for (let place = 0; place < places; place++) {
    const part = place / (places - 1);
    const x = inside((from.x + part * (to.x - from.x)) / reduction, frame.width);
    const y = inside((from.y + part * (to.y - from.y)) / reduction, frame.height);
    distance.push(part * length);
    channels.forEach((channel, index) => {
      values[index]?.push(samples.read(x, y, channel));
    });
  }
  return { distance, values, names: channels.map((channel) => samples.names[channel] as string) };
}

function inside(at: number, count: number): number {
  return Math.min(count - 1, Math.max(0, Math.floor(at)));
}
