import {
  type AreaOfInterest,
  effectiveBitsKey,
  type Frame,
  type FrameInit,
  type Metadata,
  type MetadataValue,
} from '../frame/index.js';
import { type Doubt, invalidField } from './image.js';
import { emptyImageHeader, type TineImageHeader } from './image-header.js';

/** What a header says about the picture beside its pixels. */
export type ImageFacts = Required<Pick<FrameInit, 'captureTime' | 'sequence'>> & {
  readonly area: AreaOfInterest | undefined;
  readonly metadata: Metadata;
};

/** Header fields that travel in a frame's metadata, each under `tine.` and its own name. */
const metadataFields = [
  'cameraPortName',
  'cameraPortId',
  'horizontalBinning',
  'verticalBinning',
  'sourceFormat',
  'imageFormat',
  'frameNumber',
  'eventNumber',
  'xScale',
  'yScale',
  'imageRotation',
  'imageFlags',
] as const;

/** Header fields that almost always have their default; they travel only where they do not. */
const spareFields = ['fspare1', 'fspare2', 'fspare3', 'ispare1', 'ispare2', 'ispare3'] as const;

/**
 * Metadata of an image: its header fields and the bits that carry something in each sample of the frame. It takes at most
 * 640 of the 896 bytes that a ring's slot has.
 */
export function imageMetadata(header: TineImageHeader, effectiveBits: number): Metadata {
  const metadata: Record<string, MetadataValue> = { [effectiveBitsKey]: effectiveBits };
  for (const field of metadataFields) metadata[`tine.${field}`] = header[field];
  for (const field of spareFields) {
    if (header[field] !== -1) metadata[`tine.${field}`] = header[field];
  }
  return metadata;
}

/** Nanoseconds since 1970, 0n where the header has no time; microseconds that are none count as 0. */
export function captureTimeOf({ timestampSeconds, timestampMicroseconds }: TineImageHeader): bigint {
  const micros = isMicroseconds(timestampMicroseconds) ? timestampMicroseconds : 0;
  return BigInt(timestampSeconds) * 1_000_000_000n + BigInt(micros * 1000);
}

const isMicroseconds = (micros: number): boolean => micros >= 0 && micros < 1_000_000;

/**
 * Checks the fields that do not touch the pixels. Throws `TINE_INVALID` for an area that does not lie inside the sensor,
 * where the header says how large that is.
 */
export function checkFacts(header: TineImageHeader, doubt: Doubt): void {
  const { timestampMicroseconds: micros, aoiWidth, aoiHeight } = header;
  if (!isMicroseconds(micros)) doubt(`timestampMicroseconds is ${micros}`, 20);
  if (hasArea(header)) checkArea(header);
  else if (aoiWidth > 0) doubt(`an area of ${aoiWidth}x${aoiHeight} is none`, 100);
  else if (aoiHeight > 0) doubt(`an area of ${aoiWidth}x${aoiHeight} is none`, 96);
}

/** Whether the header announces an area of interest, whose size the appended picture then has. */
export function hasArea(header: TineImageHeader): boolean {
  return header.aoiWidth > 0 && header.aoiHeight > 0;
}

function checkArea(header: TineImageHeader): void {
  const { xStart, yStart, sourceWidth, sourceHeight, aoiWidth, aoiHeight } = header;
  if (xStart < 0) throw invalidField(`the area starts at x ${xStart}`, 104);
  if (yStart < 0) throw invalidField(`the area starts at y ${yStart}`, 108);
  if (sourceWidth > 0 && xStart + aoiWidth > sourceWidth) {
    throw invalidField(`the area reaches from x ${xStart} to ${xStart + aoiWidth}, the source to ${sourceWidth}`, 96);
  }
  if (sourceHeight > 0 && yStart + aoiHeight > sourceHeight) {
    throw invalidField(
      `the area reaches from y ${yStart} to ${yStart + aoiHeight}, the source to ${sourceHeight}`,
      100,
    );
  }
}

/** Where on the sensor the image was, for an area of interest of a sensor of known size. */
export function areaOf(header: TineImageHeader): AreaOfInterest | undefined {
  const { sourceWidth, sourceHeight } = header;
  if (!hasArea(header) || sourceWidth < 1 || sourceHeight < 1) return undefined;
  return { x: header.xStart, y: header.yStart, sourceWidth, sourceHeight };
}

/** The header fields that a frame's own facts and metadata fill: what {@link imageFacts} made of them, turned round. */
export function headerFieldsOf(frame: Frame): Partial<TineImageHeader> {
  const { area, captureTime } = frame;
  const timestampSeconds = Number(captureTime / 1_000_000_000n);
  const fields: Partial<TineImageHeader> = {
    ...fieldsInMetadata(frame.metadata),
    timestampSeconds: timestampSeconds <= 0xffff_ffff ? timestampSeconds : 0,
    timestampMicroseconds: Number((captureTime / 1000n) % 1_000_000n),
    sourceWidth: area?.sourceWidth ?? frame.width,
    sourceHeight: area?.sourceHeight ?? frame.height,
  };
  if (area === undefined) return fields;
  return { ...fields, aoiWidth: frame.width, aoiHeight: frame.height, xStart: area.x, yStart: area.y };
}

function fieldsInMetadata(metadata: Metadata): Partial<TineImageHeader> {
  const found: Record<string, MetadataValue> = {};
  for (const field of [...metadataFields, ...spareFields]) {
    const value = metadata[`tine.${field}`];
    if (value !== undefined && typeof value === typeof emptyImageHeader[field]) found[field] = value;
  }
  return found as Partial<TineImageHeader>;
}

/** The bits that carry something in each sample, by the frame's metadata; undefined where it does not say. */
export function effectiveBitsOf(frame: Frame): number | undefined {
  const bits = frame.metadata[effectiveBitsKey];
  return typeof bits === 'number' && Number.isInteger(bits) && bits > 0 ? bits : undefined;
}
