import fc from 'fast-check';
import { decode } from 'fast-png';
import { expect, test } from 'vitest';
import { encodePng, type Frame, toRgb } from '../../src/frame/index.js';
import { missing, pythonWith, runPython } from '../python.js';
import { anyFrame, noisyFrame, pixelBytes } from './arbitrary.js';

const pillow = pythonWith('numpy', 'PIL');
const cv2 = pythonWith('numpy', 'cv2');

/** Samples as big-endian bytes, the way a PNG and the reading scripts give them. */
function samples(frame: Frame): Uint8Array {
  const bytes = Buffer.from(pixelBytes(frame));
  return new Uint8Array(frame.format === 'gray16le' ? bytes.swap16() : bytes);
}

test('a PNG has the pixels of the picture, whatever format, size and padding', () => {
  fc.assert(
    fc.property(anyFrame(), fc.integer({ min: 0, max: 9 }), (frame, level) => {
      const png = decode(encodePng(frame, { level }));
      const rgb = toRgb(frame);
      expect([png.width, png.height]).toEqual([frame.width, frame.height]);
      const data = rgb.format === 'gray16le' ? Buffer.from(Uint16Array.from(png.data).buffer).swap16() : png.data;
      expect(new Uint8Array(data)).toEqual(samples(rgb));
    }),
  );
});

const pillowScript = `
import io, sys, numpy
from PIL import Image
image = Image.open(io.BytesIO(sys.stdin.buffer.read()))
image.load()
array = numpy.asarray(image)
print(image.mode, *array.shape)
sys.stdout.flush()
wide = image.mode.startswith('I')
sys.stdout.buffer.write(array.astype('>u2' if wide else 'u1').tobytes())
`;

test.for([
  ['gray8', /^L 5 7\n/],
  ['gray16le', /^I(;16)? 5 7\n/],
  ['rgb24', /^RGB 5 7 3\n/],
  ['bgr24', /^RGB 5 7 3\n/],
  ['rgba32', /^RGBA 5 7 4\n/],
  ['bgra32', /^RGBA 5 7 4\n/],
  ['bgrx32', /^RGB 5 7 3\n/],
  ['i420', /^RGB 5 7 3\n/],
] as const)('Pillow reads %s back to the last bit', ([format, words], context) => {
  if (pillow === undefined) return context.skip(missing('numpy', 'PIL'));
  const frame = noisyFrame({ format, width: 7, height: 5 });
  const seen = runPython(pillow, pillowScript, encodePng(frame));
  const end = seen.indexOf('\n') + 1;
  expect(seen.subarray(0, end).toString()).toMatch(words);
  expect(new Uint8Array(seen.subarray(end))).toEqual(samples(toRgb(frame)));
});

const cv2Script = `
import sys, numpy, cv2
array = cv2.imdecode(numpy.frombuffer(sys.stdin.buffer.read(), 'u1'), cv2.IMREAD_UNCHANGED)
sys.stdout.buffer.write(array.astype('>u2' if array.dtype == 'uint16' else 'u1').tobytes())
`;

test.for(['gray8', 'gray16le', 'bgr24', 'bgra32'] as const)(
  'OpenCV reads %s back to the last bit',
  (format, context) => {
    if (cv2 === undefined) return context.skip(missing('numpy', 'cv2'));
    const frame = noisyFrame({ format, width: 7, height: 5 });
    expect(new Uint8Array(runPython(cv2, cv2Script, encodePng(frame)))).toEqual(samples(frame));
  },
);

test.each([-1, 10, 1.5, Number.NaN])('level %d is refused', (level) => {
  const frame = noisyFrame({ format: 'gray8', width: 2, height: 2 });
  expect(() => encodePng(frame, { level })).toThrow(expect.objectContaining({ code: 'BAD_ARGUMENT' }));
});
