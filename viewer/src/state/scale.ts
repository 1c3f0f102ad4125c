import type { LiveFrame } from '../wire/live-frame.js';

/** Millimetres a pixel, across and down. */
export interface PixelScale {
  readonly x: number;
  readonly y: number;
  /** Whether the user said so, not the source. */
  readonly byHand: boolean;
}

const storageName = (address: string) => `mm a pixel: ${address}`;

/** What the user has said of a source; it counts before what the source says. */
export function setScale(address: string, millimetres: number | undefined): void {
  if (millimetres === undefined) localStorage.removeItem(storageName(address));
  else localStorage.setItem(storageName(address), String(millimetres));
}

/** Millimetres a pixel, by the user's word or the source's; undefined where neither is known. */
export function scaleOf(address: string, frame: LiveFrame | undefined): PixelScale | undefined {
  const said = Number(localStorage.getItem(storageName(address)));
  if (said > 0) return { x: said, y: said, byHand: true };
  const { 'tine.xScale': x, 'tine.yScale': y } = frame?.text.metadata ?? {};
  if (!isScale(x)) return undefined;
  return { x, y: isScale(y) ? y : x, byHand: false };
}

function isScale(value: unknown): value is number {
  return typeof value === 'number' && value > 0;
}
