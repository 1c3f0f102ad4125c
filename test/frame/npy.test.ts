import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cropFrame, encodeNpy, npyHeader, npyParts, pixelFormatInfo, pixelFormats } from '../../src/frame/index.js';
import { missing, pythonWith, runPython } from '../python.js';
import { anyFrame, noisyFrame, pixelBytes } from './arbitrary.js';

const numpy = pythonWith('numpy');

test('the header is one that numpy writes: version 1.0, aligned to 64 bytes, ending in a line feed', () => {
  const header = npyHeader({ format: 'rgb24', width: 5, height: 3 });
  const text = Buffer.from(header).toString('latin1');
  expect(text.slice(0, 8)).toBe('\x93NUMPY\x01\x00');
  expect(header.length % 64).toBe(0);
  expect(Buffer.from(header).readUInt16LE(8)).toBe(header.length - 10);
  expect(text.slice(10)).toMatch(/^\{'descr': '\|u1', 'fortran_order': False, 'shape': \(3, 5, 3\), \} *\n$/);
});

test('header and pixels are the whole file, rows without padding', () => {
  fc.assert(
    fc.property(anyFrame(), (frame) => {
      const file = encodeNpy(frame);
      const header = npyHeader(frame);
      expect(file.subarray(0, header.length)).toEqual(header);
      expect(file.subarray(header.length)).toEqual(pixelBytes(frame));
      expect(new Uint8Array(Buffer.concat(npyParts(frame)))).toEqual(file);
    }),
  );
});

test('the parts of a frame without padding are its own memory', () => {
  const frame = noisyFrame({ format: 'i420', width: 5, height: 3 });
  const [, ...parts] = npyParts(frame);
  expect(parts.map((part) => part.buffer)).toEqual(frame.planes.map(({ data }) => data.buffer));
});

/** Loads files that stand one after another on stdin; says dtype, shape and checks that nothing is left. */
const loadScript = `
import io, json, sys, numpy
stream, seen = io.BytesIO(sys.stdin.buffer.read()), []
for _ in range(int(sys.argv[1])):
    array = numpy.load(stream, allow_pickle=False)
    seen.append([str(array.dtype), list(array.shape), array.tobytes().hex()])
assert stream.read() == b''
print(json.dumps(seen))
`;

const shapes: Record<string, readonly [even: number[], odd: number[]]> = {
  yuyv422: [
    [4, 6, 2],
    [3, 6, 2],
  ],
  nv12: [[6, 6], [27]],
  i420: [[6, 6], [27]],
};

test('numpy loads every format: dtype, shape and each element', (context) => {
  if (numpy === undefined) return context.skip(missing('numpy'));
  const sizes = [
    { width: 6, height: 4 },
    { width: 5, height: 3 },
  ];
  const frames = pixelFormats.flatMap((format) => sizes.map((size) => noisyFrame({ format, ...size })));
  const input = Buffer.concat(frames.map(encodeNpy));
  const loaded = JSON.parse(runPython(numpy, loadScript, input, String(frames.length)).toString());
  const expected = frames.map((frame) => {
    const { channels, dtype } = pixelFormatInfo(frame.format);
    const packed = channels === 1 ? [frame.height, frame.width] : [frame.height, frame.width, channels];
    const shape = shapes[frame.format]?.[frame.width % 2] ?? packed;
    return [dtype, shape, Buffer.from(pixelBytes(frame)).toString('hex')];
  });
  expect(loaded).toEqual(expected);
});

test('numpy loads a part of a padded 16-bit picture', (context) => {
  if (numpy === undefined) return context.skip(missing('numpy'));
  const frame = noisyFrame({ format: 'gray16le', width: 9, height: 7, strides: [21] });
  const part = cropFrame(frame, { x: 3, y: 1, width: 5, height: 4 });
  const [[dtype, shape, hex]] = JSON.parse(runPython(numpy, loadScript, encodeNpy(part), '1').toString());
  expect([dtype, shape]).toEqual(['uint16', [4, 5]]);
  expect(hex).toBe(Buffer.from(pixelBytes(part)).toString('hex'));
});

test('a released frame is not written', () => {
  const frame = noisyFrame({ format: 'gray8', width: 2, height: 2 });
  frame.release();
  expect(() => encodeNpy(frame)).toThrow(expect.objectContaining({ code: 'FRAME_RELEASED' }));
});
