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
export type ImageFacts = Required<Pick<FrameInit, 'captureTime' | 'sequence' | 'metadata'>> & Pick<FrameInit, 'area'>;

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
 * Time, number, area and metadata of an image. `effectiveBits` are those of one sample of the frame; 0 leaves them out.
 * The whole metadata takes at most 640 of the 896 bytes that a ring's slot has.
 */
export function imageFacts(header: TineImageHeader, effectiveBits: number, doubt: Doubt): ImageFacts {
  const metadata: Record<string, MetadataValue> = {
    'tine.cameraPortName': header.cameraPortName,
    'tine.cameraPortId': header.cameraPortId,
    'tine.horizontalBinning': header.horizontalBinning,
    'tine.verticalBinning': header.verticalBinning,
    'tine.sourceFormat': header.sourceFormat,
    'tine.imageFormat': header.imageFormat,
    'tine.frameNumber': header.frameNumber,
    'tine.eventNumber': header.eventNumber,
    'tine.xScale': header.xScale,
    'tine.yScale': header.yScale,
    'tine.imageRotation': header.imageRotation,
    'tine.imageFlags': header.imageFlags,
  };
  if (effectiveBits > 0) metadata[effectiveBitsKey] = effectiveBits;
  for (const field of spareFields) {
    if (header[field] !== -1) metadata[`tine.${field}`] = header[field];
  }
  const captureTime = captureTimeOf(header, doubt);
  return { captureTime, sequence: header.frameNumber, metadata, area: areaOf(header, doubt) };
}

/** Nanoseconds since 1970, 0n where the header has no time. */
function captureTimeOf(header: TineImageHeader, doubt: Doubt): bigint {
  const { timestampSeconds: seconds, timestampMicroseconds: micros } = header;
  if (micros >= 0 && micros < 1_000_000) return BigInt(seconds) * 1_000_000_000n + BigInt(micros * 1000);
  doubt(`timestampMicroseconds is ${micros}`, 20);
  return BigInt(seconds) * 1_000_000_000n;
}

/** Whether the header announces an area of interest, whose size the appended picture then has. */
export function hasArea(header: TineImageHeader): boolean {
  return header.aoiWidth > 0 && header.aoiHeight > 0;
}

/** Throws `TINE_INVALID` for an area that does not lie inside the sensor, where the header says how large that is. */
export function checkArea(header: TineImageHeader): void {
  const { xStart, yStart, sourceWidth, sourceHeight, aoiWidth, aoiHeight } = header;
  if (!hasArea(header)) return;
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

function areaOf(header: TineImageHeader, doubt: Doubt): AreaOfInterest | undefined {
  const { aoiWidth, aoiHeight, sourceWidth, sourceHeight } = header;
  if (aoiWidth > 0 !== aoiHeight > 0) doubt(`an area of ${aoiWidth}x${aoiHeight} is none`, aoiWidth > 0 ? 100 : 96);
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
