import type { PixelFormat } from '../frame/pixel-format.js';

/** What ffmpeg calls our pixel formats. */
export const ffmpegPixels: Readonly<Record<PixelFormat, string>> = {
  gray8: 'gray',
  gray16le: 'gray16le',
  rgb24: 'rgb24',
  bgr24: 'bgr24',
  rgba32: 'rgba',
  bgra32: 'bgra',
  bgrx32: 'bgr0',
  yuyv422: 'yuyv422',
  nv12: 'nv12',
  i420: 'yuv420p',
  bayer_rggb8: 'bayer_rggb8',
  bayer_bggr8: 'bayer_bggr8',
  bayer_grbg8: 'bayer_grbg8',
  bayer_gbrg8: 'bayer_gbrg8',
  bayer_rggb16le: 'bayer_rggb16le',
  bayer_bggr16le: 'bayer_bggr16le',
  bayer_grbg16le: 'bayer_grbg16le',
  bayer_gbrg16le: 'bayer_gbrg16le',
};

/** The formats that ffmpeg can decode into; from Bayer it can only convert. */
export const ffmpegFormats: readonly PixelFormat[] = (Object.keys(ffmpegPixels) as PixelFormat[]).filter(
  (format) => !format.startsWith('bayer_'),
);
