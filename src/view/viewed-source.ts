import { PacedSource, PacedUnits } from '../endpoints/pace.js';
import { openSource, openUnitsOrFrames, sourceSchemes } from '../endpoints/registry.js';
import { ShmSource } from '../endpoints/shm.js';
import type { Source } from '../endpoints/source.js';
import { isUnitSource, type UnitSource } from '../endpoints/unit-source.js';
import { type EndpointUri, parseUri } from '../endpoints/uri.js';
import type { FramelaneError } from '../error.js';

/** Frames a second of files that do not say it. */
const fileRate = 10;

/** Pictures a second of recorded video that does not say it. */
const videoRate = 25;

/** Seconds after which a ring whose producer died without closing counts as failed. */
const takeoverSeconds = 2;

/** Slots of a ring from which frames can be lent to viewers: the newest, the next, two being sent, and the producer's two. */
const slotsToLend = 6;

/** Sources that come back by themselves after they ended. */
const returning: readonly string[] = ['shm', 'tine', 'rtp', 'srtp', 'qt'];

/** A source as it is opened for people to look at. */
export interface ViewedSource {
  readonly source: Source | UnitSource;
  /** Whether its frames have to be copied at once: its memory is too small to be lent to slow viewers. */
  copies(): boolean;
}

/**
 * Opens an address for looking at it: of a ring always the newest frame, so that no producer ever waits for a viewer; of a
 * file at its own speed, again and again. What the address says itself counts.
 */
export async function openViewedSource(
  address: string,
  onTrouble: (error: FramelaneError) => void,
): Promise<ViewedSource> {
  const uri = parseUri(address);
  if (uri.scheme === 'shm') return viewedRing(uri);
  const options = { fps: fileFps(uri), loop: isFile(uri), originals: true, onTrouble };
  const source = await openUnitsOrFrames(withDefaults(uri), ['avc'], options);
  return { source: await atItsSpeed(source), copies: () => false };
}

/** Recorded video that does not say how fast it is would come as fast as it is read. */
async function atItsSpeed(source: Source | UnitSource): Promise<Source | UnitSource> {
  if (source.recorded !== true || (await source.info()).fps !== undefined) return source;
  return isUnitSource(source) ? new PacedUnits(source, videoRate) : new PacedSource(source, videoRate);
}

function viewedRing(uri: EndpointUri): ViewedSource {
  const options = new Map(uri.options);
  for (const name of ['every', 'lossless', 'follow', 'from', 'wait']) options.delete(name);
  options.set('latest', '');
  if (!options.has('takeover')) options.set('takeover', String(takeoverSeconds));
  const source = new ShmSource({ ...uri, options });
  return { source, copies: () => (source.facts?.slots ?? slotsToLend) < slotsToLend };
}

function isFile({ scheme, path }: EndpointUri): boolean {
  return ['file', 'tine-file', 'raw'].includes(scheme) && !isStandardInput({ scheme, path });
}

/** Schemes whose addresses are checked by opening: nothing is read, connected or attached before frames are asked for. */
const harmless: readonly string[] = ['test', 'shm', 'qt', 'tine', 'tine-file'];

/** Throws `UNKNOWN_SCHEME` or `BAD_URI` for an address that can never be shown, before anybody looks. */
export async function checkViewedAddress(address: string): Promise<void> {
  const { scheme } = parseUri(address);
  if (sourceSchemes.includes(scheme) && !harmless.includes(scheme)) return;
  await (await openSource(address)).close();
}

/** `file:clip.mp4` as `file:clip.mp4?fps=native`: ffmpeg knows the video's speed. */
function withDefaults({ text, scheme, options }: EndpointUri): string {
  if (scheme !== 'file' || options.has('fps')) return text;
  return `${text}${text.includes('?') ? '&' : '?'}fps=native`;
}

function fileFps({ scheme, options }: EndpointUri): number | undefined {
  return ['tine-file', 'raw'].includes(scheme) && !options.has('fps') ? fileRate : undefined;
}

/** Whether the source is standard input, which can be read only once. */
export function isStandardInput({ scheme, path }: Pick<EndpointUri, 'scheme' | 'path'>): boolean {
  return scheme === 'raw' && (path === '' || path === '-');
}

/** Whether a source that ended is worth looking for again. */
export function comesBack(address: string): boolean {
  return returning.includes(parseUri(address).scheme);
}
