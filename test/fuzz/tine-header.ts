import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { FramelaneError } from '../../src/error.js';
import { frameOver } from '../../src/frame/index.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import {
  decodeImage,
  decodeImages,
  encodeImage,
  encodeImages,
  fromPyTine,
  imageFormats,
  toArray,
  toFrame,
} from '../../src/tine/index.js';
import type { FuzzTarget } from './main.js';

const jpeg = new TurboJpeg();
const folder = new URL('../vectors/tine/', import.meta.url);

/** Images of every kind: decoded leniently, strictly, as arrays, as lists; no frame is larger than its input allows. */
export function tineHeaderTarget(): FuzzTarget {
  const fixtures = readdirSync(folder)
    .filter((name) => name.endsWith('.bin'))
    .map((name) => new Uint8Array(readFileSync(new URL(name, folder))));
  const picture = frameOver({ format: 'rgb24', width: 24, height: 16 }, new Uint8Array(24 * 16 * 3).fill(90));
  const list = encodeImages(fixtures.map((bytes) => decodeImage(bytes)));
  return { seeds: [...fixtures, encodeImage(picture), encodeImage(picture, { jpeg }), list], run };
}

/** The outcome that is counted is that of `toFrame`; the others must not throw anything but FramelaneErrors either. */
function run(input: Uint8Array): void {
  quietly(() => toFrame(input, { jpeg, strict: true }));
  quietly(() => runList(withTag(input)));
  quietly(() => runDictionary(input));
  const frame = toFrame(input, { jpeg });
  const { imageFormat } = decodeImage(input).header;
  assert(imageFormat === imageFormats.JPEG || imageFormat === imageFormats.PNG || frame.data.length <= input.length);
  const array = toArray(input, { jpeg });
  assert.deepEqual(array.shape.slice(0, 2), [frame.height, frame.width]);
  encodeImage(frame);
}

function runList(input: Uint8Array): void {
  for (const image of decodeImages(input)) {
    assert(image.bytes.length <= input.length);
    quietly(() => toFrame(image, { jpeg }));
  }
}

function runDictionary(input: Uint8Array): void {
  const { header, bytes } = decodeImage(input);
  fromPyTine({ frameHeader: { ...header }, imageBytes: bytes }, { jpeg });
}

function quietly(action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof FramelaneError)) throw error;
  }
}

/** Lists and images start with the tag; without it there is nothing to see. */
function withTag(input: Uint8Array): Uint8Array {
  const copy = input.slice();
  if (copy.length >= 196) copy.set([0x56, 0x53, 0x56, 0x33]);
  return copy;
}
