import type { PixelFormat } from '../../../src/frame/index.js';

/** One triangle that covers the whole canvas. */
export const vertexShader = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
  gl_Position = vec4(corner, 0.0, 1.0);
}`;

/**
 * The frame's bytes lie in the texture as they came: 4096 words of 32 bits a row. Each format says below how the samples
 * of a pixel are found in them, so nothing is converted, unpacked or padded on the way.
 */
const bytes = `
uniform highp usampler2D pixels;
uniform ivec2 size;
uniform uvec3 at;       // first byte of each plane
uniform uvec3 stride;   // bytes from row to row of each plane

uint wordAt(uint byte) {
  return texelFetch(pixels, ivec2(int((byte >> 2u) & 4095u), int(byte >> 14u)), 0).r;
}
uint byteAt(uint byte) { return (wordAt(byte) >> ((byte & 3u) * 8u)) & 255u; }
uint shortAt(uint byte) {
  if ((byte & 1u) == 1u) return byteAt(byte) | (byteAt(byte + 1u) << 8u);
  return (wordAt(byte) >> ((byte & 2u) * 8u)) & 65535u;
}
uint threeAt(uint byte) {
  uint shift = (byte & 3u) * 8u;
  uint low = wordAt(byte) >> shift;
  if (shift <= 8u) return low;
  return low | (wordAt(byte + 4u) << (32u - shift));
}
ivec3 threeOf(uint four) { return ivec3(four & 255u, (four >> 8u) & 255u, (four >> 16u) & 255u); }
`;

const packed = (bytesAPixel: number, order: string) => `
ivec3 sampleAt(ivec2 p) {
  return threeOf(threeAt(at.x + uint(p.y) * stride.x + uint(p.x) * ${bytesAPixel}u)).${order};
}`;

const gray = (read: string, bytesAPixel: number) => `
ivec3 sampleAt(ivec2 p) { return ivec3(${read}(at.x + uint(p.y) * stride.x + uint(p.x) * ${bytesAPixel}u)); }`;

/** Integers as in the library's yuvToRgb, so that both show the same. */
const yuv = (read: string) => `
uniform int black;
uniform int luma;
uniform ivec4 chroma;   // red from V, green from U, green from V, blue from U
ivec3 fromYuv(int y, int u, int v) {
  int left = luma * (y - black);
  ivec3 rest = ivec3(chroma.x * v, chroma.y * u + chroma.z * v, chroma.w * u) + 32768;
  return clamp((left + rest) >> 16, 0, 255);
}
ivec3 sampleAt(ivec2 p) {
  uvec2 q = uvec2(p);
  ${read}
}`;

const yuyv = `
  uint row = at.x + q.y * stride.x;
  uint pair = row + (q.x >> 1u) * 4u;
  return fromYuv(int(byteAt(row + q.x * 2u)), int(byteAt(pair + 1u)) - 128, int(byteAt(pair + 3u)) - 128);`;

const nv12 = `
  uint pair = at.y + (q.y >> 1u) * stride.y + (q.x >> 1u) * 2u;
  return fromYuv(int(byteAt(at.x + q.y * stride.x + q.x)), int(byteAt(pair)) - 128, int(byteAt(pair + 1u)) - 128);`;

const i420 = `
  uint u = at.y + (q.y >> 1u) * stride.y + (q.x >> 1u);
  uint v = at.z + (q.y >> 1u) * stride.z + (q.x >> 1u);
  return fromYuv(int(byteAt(at.x + q.y * stride.x + q.x)), int(byteAt(u)) - 128, int(byteAt(v)) - 128);`;

/** Bilinear, reflected at the edges, the same integers as the library's demosaic before it narrows them. */
const bayer = (format: PixelFormat) => {
  const wide = format.endsWith('16le');
  const red = format.slice('bayer_'.length, 'bayer_rggb'.length).indexOf('r');
  return `
int reflected(int index, int count) {
  if (count == 1) return 0;
  if (index < 0) return -index;
  return index < count ? index : 2 * (count - 1) - index;
}
int raw(ivec2 p, int dx, int dy) {
  uvec2 q = uvec2(reflected(p.x + dx, size.x), reflected(p.y + dy, size.y));
  return int(${wide ? 'shortAt' : 'byteAt'}(at.x + q.y * stride.x + q.x * ${wide ? 2 : 1}u));
}
ivec3 sampleAt(ivec2 p) {
  bool rowHasRed = (p.y & 1) == ${red >> 1};
  int ownColumn = rowHasRed ? ${red & 1} : 1 - ${red & 1};
  int centre = raw(p, 0, 0);
  int beside = raw(p, -1, 0) + raw(p, 1, 0);
  int upDown = raw(p, 0, -1) + raw(p, 0, 1);
  int own; int green; int other;
  if ((p.x & 1) == ownColumn) {
    own = centre;
    green = (beside + upDown + 2) >> 2;
    other = (raw(p, -1, -1) + raw(p, 1, -1) + raw(p, -1, 1) + raw(p, 1, 1) + 2) >> 2;
  } else {
    own = (beside + 1) >> 1;
    green = centre;
    other = (upDown + 1) >> 1;
  }
  return rowHasRed ? ivec3(own, green, other) : ivec3(other, green, own);
}`;
};

function sampleCode(format: PixelFormat): string {
  switch (format) {
    case 'gray8':
      return gray('byteAt', 1);
    case 'gray16le':
      return gray('shortAt', 2);
    case 'rgb24':
      return packed(3, 'rgb');
    case 'bgr24':
      return packed(3, 'bgr');
    case 'rgba32':
      return packed(4, 'rgb');
    case 'bgra32':
    case 'bgrx32':
      return packed(4, 'bgr');
    case 'yuyv422':
      return yuv(yuyv);
    case 'nv12':
      return yuv(nv12);
    case 'i420':
      return yuv(i420);
    default:
      return bayer(format);
  }
}

/** Whether a format has one value a pixel, which a colour map can show. */
export const isGray = (format: PixelFormat): boolean => format === 'gray8' || format === 'gray16le';

/** One sample a dot. */
const nearest = 'vec3 valueAt(vec2 place) { return vec3(sampleAt(ivec2(place))); }';

/** The mean of up to three by three samples a dot, of pictures that are shown smaller than they are. */
const mean = `vec3 valueAt(vec2 place) {
  int steps = clamp(int(pixelsADot + 0.5), 1, 3);
  if (steps == 1) return vec3(sampleAt(ivec2(place)));
  vec3 sum = vec3(0.0);
  float part = pixelsADot / float(steps);
  for (int row = 0; row < steps; row++) {
    for (int column = 0; column < steps; column++) {
      vec2 near = place + (vec2(column, row) - float(steps - 1) * 0.5) * part;
      sum += vec3(sampleAt(clamp(ivec2(near), ivec2(0), size - 1)));
    }
  }
  return sum / float(steps * steps);
}`;

/** The shader that shows a format: place of the canvas -> pixel -> samples -> levels -> colour. */
export function fragmentShader(format: PixelFormat, smooth: boolean): string {
  return `#version 300 es
precision highp float;
precision highp int;
${bytes}
uniform vec2 origin;        // of the canvas's top left corner, in pixels of the picture
uniform float pixelsADot;   // pixels of the picture a dot of the canvas
uniform float canvasHeight; // dots
uniform float low;
uniform float high;
uniform float brightest;    // clipped samples are marked from here on; 0: not marked
uniform sampler2D colours;  // 256 entries
uniform vec3 ground;        // colour beside the picture
out vec4 colour;
${sampleCode(format)}

${smooth ? mean : nearest}

void main() {
  vec2 dot = vec2(gl_FragCoord.x, canvasHeight - gl_FragCoord.y);
  vec2 place = origin + dot * pixelsADot;
  if (any(lessThan(place, vec2(0.0))) || any(greaterThanEqual(place, vec2(size)))) {
    colour = vec4(ground, 1.0);
    return;
  }
  vec3 value = valueAt(place);
  vec3 level = clamp((value - low) / (high - low), 0.0, 1.0);
  ${isGray(format) ? 'colour = texelFetch(colours, ivec2(int(level.x * 255.0 + 0.5), 0), 0);' : 'colour = vec4(level, 1.0);'}
  if (brightest > 0.0 && max(value.r, max(value.g, value.b)) >= brightest) colour = vec4(1.0, 0.0, 0.25, 1.0);
}`;
}
