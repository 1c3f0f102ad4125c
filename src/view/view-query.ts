import { FramelaneError } from '../error.js';
import type { Camera } from './camera.js';
import type { ViewRequest } from './feed.js';
import { type PictureQuality, pictureQualities } from './wire.js';

/** What a page asks for with `GET /api/frames?camera=0&camera=2&width=480&fps=10&quality=auto`. */
export interface ViewQuery {
  readonly requests: readonly ViewRequest[];
  readonly quality: PictureQuality;
  /** `decodes=avc`: H.264 may come as it is. */
  readonly decodes: boolean;
  /** `acknowledge=no`: the viewer does not say what arrived. */
  readonly acknowledges: boolean;
}

/** Reads the query. Throws `BAD_ARGUMENT` for cameras, numbers and words that are none. */
export function requestsOf(query: URLSearchParams, cameras: readonly Camera[]): ViewQuery {
  const width = numberIn(query, 'width', 1, 65_535, Number.POSITIVE_INFINITY);
  const fps = numberIn(query, 'fps', 0.1, 1000, Number.POSITIVE_INFINITY);
  const indices = [...new Set(query.getAll('camera'))];
  if (indices.length === 0) throw wrong('name a camera');
  const requests = indices.map((index) => ({ camera: cameraOf(index, cameras), width, fps }));
  const decodes = query.getAll('decodes').includes('avc');
  return { requests, quality: qualityIn(query), decodes, acknowledges: query.get('acknowledge') !== 'no' };
}

/** Reads `GET /api/original?camera=0&sequence=12&time=NANOSECONDS`. Throws `BAD_ARGUMENT`. */
export function originalQuery(
  query: URLSearchParams,
  cameras: readonly Camera[],
): { readonly camera: Camera; readonly sequence: number; readonly captureTime: bigint } {
  const camera = cameraOf(query.get('camera') ?? '', cameras);
  const time = query.get('time') ?? '';
  if (!/^\d{1,20}$/.test(time)) throw wrong(`time ${time} is not a number of nanoseconds`);
  const sequence = numberIn(query, 'sequence', 0, Number.MAX_SAFE_INTEGER, 0);
  return { camera, sequence, captureTime: BigInt(time) };
}

function cameraOf(index: string, cameras: readonly Camera[]): Camera {
  const camera = /^\d+$/.test(index) ? cameras[Number(index)] : undefined;
  if (camera === undefined) throw wrong(`there is no camera ${index}`);
  return camera;
}

function numberIn(query: URLSearchParams, name: string, from: number, to: number, otherwise: number): number {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = Number(text);
  if (!(value >= from && value <= to)) throw wrong(`${name} ${text} is not a number from ${from} to ${to}`);
  return value;
}

function qualityIn(query: URLSearchParams): PictureQuality {
  const word = query.get('quality') ?? 'auto';
  const quality = pictureQualities.find((one) => one === word);
  if (quality === undefined) throw wrong(`quality ${word} is none of ${pictureQualities.join(', ')}`);
  return quality;
}

function wrong(message: string): FramelaneError {
  return new FramelaneError('BAD_ARGUMENT', message);
}
