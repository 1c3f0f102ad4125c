import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import {
  allocateFrame,
  copyFrame,
  copyPixels,
  cropFrame,
  Frame,
  type FrameSpec,
  frameLayout,
  frameOver,
  type PlaneShape,
  pixelFormatInfo,
} from '../../src/frame/index.js';
import { anyFrame, anySpec, noisyFrame, pixelBytes } from './arbitrary.js';

const released = expect.objectContaining({ code: 'FRAME_RELEASED' });
const invalid = expect.objectContaining({ code: 'FRAME_INVALID' });
const badArgument = expect.objectContaining({ code: 'BAD_ARGUMENT' });
const small: FrameSpec = { format: 'gray8', width: 4, height: 3 };

test('pixels cannot be read after release', () => {
  const frame = allocateFrame(small, { sequence: 17 });
  frame.release();
  for (const read of [() => frame.planes, () => frame.data, () => frame.stride]) expect(read).toThrow(released);
  expect(() => frame.data).toThrow(/frame 17 /);
});

test('what is not pixels stays readable after release', () => {
  const frame = allocateFrame(small, { sequence: 5, captureTime: 9n, metadata: { camera: 'a' } });
  frame.release();
  expect([frame.released, frame.width, frame.sequence, frame.captureTime]).toEqual([true, 4, 5, 9n]);
  expect(frame.metadata).toEqual({ camera: 'a' });
});

test('memory is given back once; a second release throws and gives nothing back', () => {
  const onRelease = vi.fn();
  const frame = allocateFrame(small, { onRelease });
  frame.release();
  expect(() => frame.release()).toThrow(released);
  expect(onRelease).toHaveBeenCalledTimes(1);
});

test('using releases at the end of the block, also after an early release and an exception', () => {
  const onRelease = vi.fn();
  {
    using frame = allocateFrame(small, { onRelease });
    expect(frame.released).toBe(false);
  }
  expect(onRelease).toHaveBeenCalledTimes(1);
  {
    using frame = allocateFrame(small, { onRelease });
    frame.release();
  }
  expect(onRelease).toHaveBeenCalledTimes(2);
  const fail = () => {
    using _frame = allocateFrame(small, { onRelease });
    throw new Error('on the way');
  };
  expect(fail).toThrow('on the way');
  expect(onRelease).toHaveBeenCalledTimes(3);
});

test('an exception from the lender does not make the frame readable again', () => {
  const frame = allocateFrame(small, {
    onRelease: () => {
      throw new Error('lender');
    },
  });
  expect(() => frame.release()).toThrow('lender');
  expect(() => frame.data).toThrow(released);
});

test('planes one byte too short are refused, exactly long enough is enough', () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const { planes } = frameLayout(spec);
      const exact = planes.map(({ stride, rows, rowBytes }) => ({
        data: new Uint8Array(stride * (rows - 1) + rowBytes),
        stride,
      }));
      expect(new Frame({ ...spec, planes: exact }).planes).toHaveLength(planes.length);
      planes.forEach((_, short) => {
        const cut = exact.map((plane, index) => (index === short ? { ...plane, data: plane.data.subarray(1) } : plane));
        expect(() => new Frame({ ...spec, planes: cut })).toThrow(invalid);
      });
    }),
  );
});

test('frameOver views the bytes it is given and refuses too few', () => {
  fc.assert(
    fc.property(anySpec(), (spec) => {
      const { bytes, planes } = frameLayout(spec);
      const memory = new Uint8Array(bytes);
      const frame = frameOver(spec, memory);
      planes.forEach(({ offset }, index) => {
        memory[offset] = 200 + index;
        expect(frame.planes[index]?.data[0]).toBe(200 + index);
      });
      const last = planes[planes.length - 1];
      const enough = bytes - ((last?.stride ?? 0) - (last?.rowBytes ?? 0));
      expect(() => frameOver(spec, memory.subarray(0, enough))).not.toThrow();
      expect(() => frameOver(spec, memory.subarray(0, enough - 1))).toThrow(invalid);
    }),
  );
});

test('a copy has the same pixels without padding and no memory in common', () => {
  fc.assert(
    fc.property(anyFrame(), (frame) => {
      const before = pixelBytes(frame);
      const copy = copyFrame(frame);
      expect(pixelBytes(copy)).toEqual(before);
      expect(copy.planes.map(({ stride }) => stride)).toEqual(
        frameLayout(frame).planes.map(({ rowBytes }) => rowBytes),
      );
      for (const { data } of frame.planes) data.fill(0);
      frame.release();
      expect(pixelBytes(copy)).toEqual(before);
    }),
  );
});

test('a copy keeps time, sequence, metadata and area', () => {
  const area = { x: 1, y: 2, sourceWidth: 10, sourceHeight: 20 };
  const facts = { captureTime: 5n, sequence: 3, metadata: { gain: 2 }, area };
  expect(copyFrame(allocateFrame(small, facts))).toMatchObject(facts);
});

test('copying pixels writes the rows and not one byte beside them', () => {
  fc.assert(
    fc.property(anySpec(), anySpec(), (from, other) => {
      const strides = frameLayout(from).planes.map(
        (p, i) => p.rowBytes + ((other.strides[i % other.strides.length] as number) % 5),
      );
      const source = noisyFrame(from, 3);
      const target = allocateFrame({ ...from, strides });
      for (const { data } of target.planes) data.fill(0xa5);
      copyPixels(source, target);
      expect(pixelBytes(target)).toEqual(pixelBytes(source));
      frameLayout(from).planes.forEach(({ rowBytes, rows }, index) => {
        const { data, stride } = target.planes[index] as { data: Uint8Array; stride: number };
        for (let row = 0; row < rows; row++) {
          const padding = data.subarray(row * stride + rowBytes, (row + 1) * stride);
          expect(padding.every((byte) => byte === 0xa5)).toBe(true);
        }
      });
    }),
  );
});

test('copying into a part of a picture leaves the rest of it alone, equal strides included', () => {
  const whole = allocateFrame({ format: 'gray8', width: 8, height: 4 });
  const source = cropFrame(noisyFrame({ format: 'gray8', width: 8, height: 4 }, 11), {
    x: 0,
    y: 0,
    width: 3,
    height: 2,
  });
  const part = { x: 2, y: 1, width: 3, height: 2 };
  copyPixels(source, cropFrame(whole, part));
  for (let y = 0; y < 4; y++) {
    for (let x = 0; x < 8; x++) {
      const inside = x >= 2 && x < 5 && y >= 1 && y < 3;
      expect(whole.data[y * 8 + x]).toBe(inside ? source.data[(y - 1) * 8 + (x - 2)] : 0);
    }
  }
});

test('copying between different formats or sizes is refused', () => {
  const frame = allocateFrame(small);
  expect(() => copyPixels(frame, allocateFrame({ ...small, width: 5 }))).toThrow(badArgument);
  expect(() => copyPixels(frame, allocateFrame({ ...small, format: 'bayer_rggb8' }))).toThrow(badArgument);
});

/** A frame and a rectangle inside it that the format can be cut at. */
const frameAndPart = anyFrame()
  .filter((frame) => frame.width > 1 && frame.height > 1)
  .chain((frame) =>
    fc.record({
      frame: fc.constant(frame),
      x: fc.nat(Math.floor((frame.width - 1) / 2)).map((half) => Math.min(half * 2, (frame.width - 1) & ~1)),
      y: fc.nat(Math.floor((frame.height - 1) / 2)).map((half) => Math.min(half * 2, (frame.height - 1) & ~1)),
      right: fc.nat(100),
      down: fc.nat(100),
    }),
  )
  .map(({ frame, x, y, right, down }) => ({
    frame,
    part: { x, y, width: 1 + (right % (frame.width - x)), height: 1 + (down % (frame.height - y)) },
  }));

test('a part has the pixels of its place, in every plane', () => {
  fc.assert(
    fc.property(frameAndPart, ({ frame, part }) => {
      const cut = cropFrame(frame, part);
      frameLayout(cut).planes.forEach(({ rowBytes, rows }, index) => {
        const from = frame.planes[index] as { data: Uint8Array; stride: number };
        const { stepX, stepY, bytes } = pixelFormatInfo(frame.format).planes[index] as PlaneShape;
        const left = (part.x / stepX) * bytes;
        const top = part.y / stepY;
        for (let row = 0; row < rows; row++) {
          const at = (top + row) * from.stride + left;
          const expected = from.data.subarray(at, at + rowBytes);
          const { data, stride } = cut.planes[index] as { data: Uint8Array; stride: number };
          expect(data.subarray(row * stride, row * stride + rowBytes)).toEqual(expected);
        }
      });
    }),
  );
});

test('a part says where on the sensor it was, also a part of a part', () => {
  const frame = allocateFrame({ format: 'rgb24', width: 30, height: 20 });
  const part = cropFrame(frame, { x: 5, y: 3, width: 20, height: 15 });
  expect(part.area).toEqual({ x: 5, y: 3, sourceWidth: 30, sourceHeight: 20 });
  const inner = cropFrame(part, { x: 1, y: 2, width: 3, height: 4 });
  expect(inner.area).toEqual({ x: 6, y: 5, sourceWidth: 30, sourceHeight: 20 });
});

test('a part ends with its frame, and does not end it', () => {
  const onRelease = vi.fn();
  const frame = allocateFrame(small, { onRelease });
  const part = { x: 0, y: 0, width: 2, height: 2 };
  cropFrame(frame, part).release();
  expect(onRelease).not.toHaveBeenCalled();
  const cut = cropFrame(frame, part);
  const inner = cropFrame(cut, { ...part, width: 1 });
  frame.release();
  expect([cut.released, inner.released]).toEqual([true, true]);
  expect(() => cut.data).toThrow(released);
  expect(() => inner.planes).toThrow(released);
  expect(() => cut.release()).toThrow(released);
});

test.each([
  { x: -1, y: 0, width: 1, height: 1 },
  { x: 0, y: 0, width: 5, height: 1 },
  { x: 3, y: 0, width: 2, height: 1 },
  { x: 0, y: 3, width: 1, height: 1 },
  { x: 0, y: 0, width: 0, height: 1 },
  { x: 0.5, y: 0, width: 1, height: 1 },
  { x: Number.NaN, y: 0, width: 1, height: 1 },
])('a part outside the frame is refused: $x,$y $width x $height', (part) => {
  expect(() => cropFrame(allocateFrame(small), part)).toThrow(badArgument);
});

test.each([
  ['yuyv422', 1, 0],
  ['nv12', 1, 0],
  ['i420', 0, 1],
  ['bayer_rggb8', 1, 0],
  ['bayer_grbg16le', 0, 1],
] as const)('%s is not cut at %d,%d, where chroma or pattern would shift', (format, x, y) => {
  const frame = allocateFrame({ format, width: 8, height: 8 });
  expect(() => cropFrame(frame, { x, y, width: 2, height: 2 })).toThrow(badArgument);
});

test('planes and metadata given as functions are made once, at first use, and planes never after release', () => {
  const planes = vi.fn(() => [{ data: new Uint8Array(12), stride: 4 }]);
  const metadata = vi.fn(() => ({ gain: 3 }));
  const frame = new Frame({ ...small, planes, metadata });
  expect([planes.mock.calls.length, metadata.mock.calls.length]).toEqual([0, 0]);
  expect(frame.data).toBe(frame.data);
  expect(frame.metadata).toBe(frame.metadata);
  expect([planes.mock.calls.length, metadata.mock.calls.length]).toEqual([1, 1]);
  const unread = new Frame({ ...small, planes, metadata });
  unread.release();
  expect(() => unread.planes).toThrow(released);
  expect(unread.metadata).toEqual({ gain: 3 });
  expect(planes).toHaveBeenCalledTimes(1);
});
