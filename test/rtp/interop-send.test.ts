import { describe, expect, test } from 'vitest';
import { allocateFrame } from '../../src/frame/index.js';
import { nalUnitsOf } from '../../src/nal/index.js';
import {
  AvcPayloader,
  HevcPayloader,
  JpegPayloader,
  type Payloader,
  packRawPixels,
  type RawFormat,
  RawPayloader,
  rawFormatOf,
  rawLayout,
  readJpegPicture,
  SenderCore,
  type UnitBytes,
} from '../../src/rtp/index.js';
import { elementaryStream, encoded, jpegFiles, splitJpeg, unitsOf } from './encoded.js';
import { hasFfmpeg, hasGstreamer, receivedByFfmpeg, receivedByGstreamer, type Stream } from './foreign-receiver.js';
import { bytesOf, plainUnit } from './packets.js';

/** NAL units of an Annex B stream as base64, so that a difference can be read. */
function nalUnitsIn(stream: Uint8Array): string[] {
  const places = nalUnitsOf(stream);
  return Array.from({ length: places.length / 2 }, (_, index) => {
    const [offset = 0, length = 0] = places.subarray(2 * index);
    return Buffer.from(stream.subarray(offset, offset + length)).toString('base64');
  });
}

const stream = (payloader: Payloader, units: readonly UnitBytes[], payloadType = 96): Stream => ({
  core: new SenderCore({ payloader, payloadType, ssrc: 0x1234_5678, sequence: 65_500, timestampOffset: 0xffff_f000 }),
  units,
});

const payloaders = { avc: () => new AvcPayloader(), hevc: () => new HevcPayloader() };
const names = { avc: 'H264', hevc: 'H265' } as const;

describe.skipIf(!hasFfmpeg)('ffmpeg gets what was sent (skipped without ffmpeg)', () => {
  for (const codec of ['avc', 'hevc'] as const) {
    test(`${codec}: every NAL unit bit-exact`, async () => {
      const original = elementaryStream(codec, 3);
      const sent = stream(payloaders[codec](), unitsOf(codec, original));
      expect(sent.units).toHaveLength(12);
      const media = [`a=rtpmap:96 ${names[codec]}/90000`, 'a=fmtp:96 packetization-mode=1'];
      const got = await receivedByFfmpeg(sent, media, codec === 'avc' ? 'h264' : 'hevc');
      expect(nalUnitsIn(got)).toEqual(nalUnitsIn(original));
    });
  }

  test('JPEG: every scan and table bit-exact', async () => {
    const files = anyJpegFiles();
    const got = await receivedByFfmpeg(stream(new JpegPayloader(), files.map(plainUnit), 26), [], 'mjpeg');
    expect(splitJpeg(got).map(contentOf)).toEqual(files.map(contentOf));
  });

  test('uncompressed video 4:2:2: every byte', async () => {
    const format: RawFormat = { sampling: 'YCbCr-4:2:2', depth: 8, width: 320, height: 240 };
    const sent = rawStream(format, 3);
    const size = 'sampling=YCbCr-4:2:2; width=320; height=240; depth=8; colorimetry=BT601-5; exactframerate=25';
    const got = await receivedByFfmpeg(sent, ['a=rtpmap:96 raw/90000', `a=fmtp:96 ${size}`], 'rawvideo');
    expect(Buffer.compare(got, joined(sent.units))).toBe(0);
  });
});

describe.skipIf(!hasGstreamer || !hasFfmpeg)(
  'GStreamer gets what was sent (skipped without GStreamer or ffmpeg)',
  () => {
    for (const codec of ['avc', 'hevc'] as const) {
      test(`${codec}: every NAL unit bit-exact`, async () => {
        const original = elementaryStream(codec, 3);
        const nalUnits = nalUnitsIn(original);
        const name = names[codec].toLowerCase();
        const bytes = nalUnits.reduce((sum, nalUnit) => sum + 4 + Buffer.from(nalUnit, 'base64').length, 0);
        const elements = [`rtp${name}depay`, `video/x-${name},stream-format=byte-stream,alignment=au`];
        const sent = stream(payloaders[codec](), unitsOf(codec, original));
        const got = await receivedByGstreamer(sent, `encoding-name=${names[codec]}`, elements, bytes);
        expect(nalUnitsIn(got)).toEqual(nalUnits);
      });
    }

    test('hevc aggregated with decoding order numbers: every NAL unit bit-exact', async () => {
      // Pictures that fit one packet with their delimiter: ffmpeg looks for order numbers in each fragment, and in none of
      // the single units, unlike RFC 7798.
      const x265 = ['-c:v', 'libx265', '-preset', 'ultrafast', '-x265-params', 'aud=1:info=0:log-level=none'];
      const original = encoded('-frames:v', '12', '-vf', 'scale=64:48', ...x265, '-f', 'hevc');
      const sent = stream(new HevcPayloader({ donl: true }), unitsOf('hevc', original));
      const media = ['a=rtpmap:96 H265/90000', 'a=fmtp:96 sprop-max-don-diff=1'];
      expect(nalUnitsIn(await receivedByFfmpeg(sent, media, 'hevc'))).toEqual(nalUnitsIn(original));
      expect(sent.core.packets).toBe(12);
    });

    test('avc in packetization-mode 0, with slices that fit: every NAL unit bit-exact', async () => {
      const original = elementaryStream('avc', 1, ':slice-max-size=1300');
      const sent = stream(new AvcPayloader({ packetizationMode: 0 }), unitsOf('avc', original));
      const media = ['a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=0'];
      expect(nalUnitsIn(await receivedByFfmpeg(sent, media, 'h264'))).toEqual(nalUnitsIn(original));
    });

    test('JPEG: every scan and table bit-exact', async () => {
      const files = anyJpegFiles();
      const sent = stream(new JpegPayloader(), files.map(plainUnit), 26);
      const bytes = files.reduce((sum, file) => sum + readJpegPicture(file).scanBytes + 600, 0);
      const got = await receivedByGstreamer(sent, 'encoding-name=JPEG', ['rtpjpegdepay'], bytes);
      expect(splitJpeg(got).map(contentOf)).toEqual(files.map(contentOf));
    });

    test('JPEG with a side over 2040: the size from the caps', async () => {
      const [file] = jpegFiles(1, '-vf', 'scale=2064:64') as [Uint8Array];
      const sent = stream(new JpegPayloader({ width: 2064, height: 64 }), [plainUnit(file)], 26);
      const bytes = readJpegPicture(file).scanBytes + 600;
      const caps = 'encoding-name=JPEG,x-dimensions=(string)"2064,64"';
      const got = await receivedByGstreamer(sent, caps, ['rtpjpegdepay'], bytes);
      expect(splitJpeg(got).map(contentOf)).toEqual([contentOf(file)]);
    });

    // Widths whose rows need no padding in GStreamer's memory.
    const formats: RawFormat[] = [
      { sampling: 'RGB', depth: 8, width: 320, height: 240 },
      { sampling: 'BGR', depth: 8, width: 324, height: 17 },
      { sampling: 'RGBA', depth: 8, width: 320, height: 33 },
      { sampling: 'BGRA', depth: 8, width: 7, height: 200 },
      { sampling: 'YCbCr-4:2:2', depth: 8, width: 640, height: 480 },
      { sampling: 'YCbCr-4:2:2', depth: 10, width: 640, height: 48 },
    ];
    for (const format of formats) {
      test(`uncompressed video ${format.sampling} of ${format.depth} bits, ${format.width}x${format.height}: every byte`, async () => {
        const sent = rawStream(format, 2);
        const original = joined(sent.units);
        const { sampling, depth, width, height } = format;
        const caps = `encoding-name=RAW,sampling=(string)${sampling},depth=(string)${depth},width=(string)${width},height=(string)${height}`;
        const got = await receivedByGstreamer(sent, caps, ['rtpvrawdepay'], original.length);
        expect(Buffer.compare(got, original)).toBe(0);
      });
    }

    test('uncompressed video 4:2:0, packed from planes: every byte of the planes', async () => {
      const frame = allocateFrame({ format: 'i420', width: 640, height: 48 });
      const planes = bytesOf(640 * 48 * 1.5);
      frame.planes.reduce((at, { data }) => {
        data.set(planes.subarray(at, at + data.length));
        return at + data.length;
      }, 0);
      const format = rawFormatOf('i420', 640, 48);
      const picture = new Uint8Array(planes.length);
      packRawPixels(frame, picture);
      const caps = 'encoding-name=RAW,sampling=(string)YCbCr-4:2:0,depth=(string)8,width=(string)640,height=(string)48';
      const sent = stream(new RawPayloader(format), [plainUnit(picture)]);
      const got = await receivedByGstreamer(sent, caps, ['rtpvrawdepay'], planes.length);
      expect(Buffer.compare(got, planes)).toBe(0);
    });
  },
);

/** Pictures as an encoder makes them; those of a sliced encoder have restart markers. */
function anyJpegFiles(): Uint8Array[] {
  const files = [...jpegFiles(3), ...jpegFiles(2, '-threads', '4', '-thread_type', 'slice')];
  expect(files.map((file) => readJpegPicture(file).restartInterval > 0)).toEqual([false, false, false, true, true]);
  return files;
}

/** What must be the same in a JPEG file that a receiver puts together. */
function contentOf(file: Uint8Array): object {
  const picture = readJpegPicture(file);
  const { width, height, type, restartInterval, scanOffset, scanBytes } = picture;
  const part = (at: number, length: number): string => Buffer.from(file.subarray(at, at + length)).toString('base64');
  const tables = [part(picture.luminanceTable, 64), part(picture.chrominanceTable, 64)];
  return { width, height, type, restartInterval, tables, scan: part(scanOffset, scanBytes) };
}

function rawStream(format: RawFormat, units: number): Stream {
  const { bytes } = rawLayout(format);
  const pictures = Array.from({ length: units }, (_, index) =>
    plainUnit(bytesOf(bytes).map((byte) => byte + 91 * index)),
  );
  return stream(new RawPayloader(format), pictures);
}

const joined = (units: readonly UnitBytes[]): Buffer => Buffer.concat(units.map(({ data }) => data));
