import { spawnSync } from 'node:child_process';
import { encodePng, type Frame, frameOver } from '../../src/frame/index.js';
import { TurboJpeg } from '../../src/jpeg/index.js';
import { encodeImage, encodeImageHeader, imageHeaderBytes } from '../../src/tine/index.js';

/** Sizes that are measured. */
export const sizes = { '640x480': [640, 480], '1080p': [1920, 1080], '4K': [3840, 2160] } as const;

/** One of {@link sizes}. */
export type SizeName = keyof typeof sizes;

/** Encodings that are measured. */
export const kinds = ['gray8', 'gray16le', 'gray16be', 'rgb24', 'rgba32', 'jpegRgb', 'jpegGray', 'png'] as const;

/** One of {@link kinds}. */
export type Kind = (typeof kinds)[number];

/** Kinds whose pixels need no conversion. */
export const viewKinds: readonly Kind[] = ['gray8', 'gray16le', 'rgb24', 'rgba32'];

/** Quality of the JPEGs; colour is thinned out 4:2:0, as cameras do. */
export const jpegQuality = 90;

/** One picture, as a TINE image of each kind. */
export type Images = Readonly<Record<Kind, Uint8Array>>;

/** FFmpeg's test picture with noise, which makes 1.5 bits a pixel of JPEG, as photographs do. Throws without ffmpeg. */
function picture(width: number, height: number): Frame {
  const source = `testsrc2=s=${width}x${height}:d=1,gblur=sigma=1.2,noise=alls=8:allf=t`;
  const args = [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    source,
    '-frames:v',
    '1',
    '-pix_fmt',
    'rgb24',
    '-f',
    'rawvideo',
    '-',
  ];
  const { stdout, stderr, error } = spawnSync('ffmpeg', args, { maxBuffer: 64 << 20 });
  if (error !== undefined || stdout.length !== width * height * 3) {
    throw new Error(`ffmpeg made no picture (apt-get install ffmpeg): ${error?.message ?? stderr.toString()}`);
  }
  return frameOver({ format: 'rgb24', width, height }, new Uint8Array(stdout));
}

/** The picture of a size as images of all kinds. */
export function makeImages(size: SizeName): Images {
  const [width, height] = sizes[size];
  const rgb = picture(width, height);
  const jpeg = new TurboJpeg();
  const gray = frameOver({ format: 'gray8', width, height }, grayOf(rgb));
  const wide = frameOver({ format: 'gray16le', width, height }, wideOf(gray.data));
  const rgba = frameOver({ format: 'rgba32', width, height }, withAlpha(rgb.data));
  return {
    gray8: encodeImage(gray),
    gray16le: encodeImage(wide),
    gray16be: bigEndian(encodeImage(wide), width, height),
    rgb24: encodeImage(rgb),
    rgba32: encodeImage(rgba),
    jpegRgb: encodeImage(rgb, { jpeg, quality: jpegQuality }),
    jpegGray: encodeImage(gray, { jpeg, quality: jpegQuality }),
    png: pngImage(rgb, width, height),
  };
}

function grayOf(rgb: Frame): Uint8Array {
  const { data } = rgb;
  const at = (index: number) => data[index] as number;
  return Uint8Array.from({ length: data.length / 3 }, (_, pixel) => {
    return 0.299 * at(3 * pixel) + 0.587 * at(3 * pixel + 1) + 0.114 * at(3 * pixel + 2);
  });
}

/** 12 bits in 16, as cameras give them. */
function wideOf(gray: Uint8Array): Uint8Array {
  return new Uint8Array(Uint16Array.from(gray, (value, index) => value * 16 + (index & 15)).buffer);
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((rgb.length / 3) * 4).fill(255);
  for (let pixel = 0; pixel < rgb.length / 3; pixel++) bytes.set(rgb.subarray(3 * pixel, 3 * pixel + 3), 4 * pixel);
  return bytes;
}

function bigEndian(image: Uint8Array, width: number, height: number): Uint8Array {
  Buffer.from(image.buffer, image.byteOffset + imageHeaderBytes, 2 * width * height).swap16();
  new DataView(image.buffer, image.byteOffset).setInt32(168, 0, true);
  return image;
}

function pngImage(rgb: Frame, width: number, height: number): Uint8Array {
  const png = encodePng(rgb, { level: 1 });
  const lengths = { totalLength: imageHeaderBytes + png.length, appendedFrameSize: png.length };
  const header = { sourceWidth: width, sourceHeight: height, bytesPerPixel: 3, imageFormat: 13, ...lengths };
  const image = new Uint8Array(lengths.totalLength);
  encodeImageHeader(header, image);
  image.set(png, imageHeaderBytes);
  return image;
}
