import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  openSink,
  openSource,
  openUnitSink,
  openUnitSource,
  runPipe,
  verifyCounterFrame,
} from '../../src/endpoints/index.js';
import { TimestampGrid } from '../../src/endpoints/timestamp-grid.js';
import { nalUnitsOf } from '../../src/nal/index.js';
import { receptionOf, UdpSocket } from '../../src/net/index.js';
import { elementaryStream } from '../rtp/encoded.js';
import { hasFfmpeg } from '../rtp/foreign-receiver.js';

const folder = mkdtempSync(join(tmpdir(), 'framelane-rtp-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A port that is free, and so is the next. */
async function freePort(): Promise<number> {
  for (;;) {
    using socket = await UdpSocket.open({ local: { address: '127.0.0.1', port: 0 } });
    const { port } = socket.local;
    if (port > 60_000) continue;
    try {
      using _ = await UdpSocket.open({ local: { address: '127.0.0.1', port: port + 1 } });
      return port;
    } catch {} // taken: try another
  }
}

function nalUnitsIn(stream: Uint8Array): string[] {
  const places = nalUnitsOf(stream);
  return Array.from({ length: places.length / 2 }, (_, index) => {
    const [offset = 0, length = 0] = places.subarray(2 * index);
    return Buffer.from(stream.subarray(offset, offset + length)).toString('base64');
  });
}

/** 3-byte and 4-byte start codes in turn, as some encoders write them. */
function withMixedStartCodes(stream: Uint8Array): Uint8Array {
  return Buffer.concat(
    nalUnitsIn(stream).map((nal, index) =>
      Buffer.concat([index % 2 === 0 ? Uint8Array.of(0, 0, 0, 1) : Uint8Array.of(0, 0, 1), Buffer.from(nal, 'base64')]),
    ),
  );
}

describe.skipIf(!hasFfmpeg)('encoded video (skipped without ffmpeg)', () => {
  for (const codec of ['avc', 'hevc'] as const) {
    test(`${codec}: a file through rtp: into a file, every NAL unit; it ends with the sender`, async () => {
      const ending = codec === 'avc' ? 'h264' : 'hevc';
      const [from, to] = [join(folder, `from.${ending}`), join(folder, `to.${ending}`)];
      writeFileSync(from, withMixedStartCodes(elementaryStream(codec, 3)));
      const address = `rtp://127.0.0.1:${await freePort()}?codec=${codec}`;
      const source = await openUnitSource(address);
      await source.info(); // it receives from now on
      const receiving = runPipe({ source, sinks: [`file:${to}`] });
      const sent = await runPipe({ source: `file:${from}`, sinks: [address], fps: 60 });
      const got = await receiving;
      expect([sent.frames, got.frames, got.dropped]).toEqual([12, 12, 0]);
      expect(nalUnitsIn(readFileSync(to))).toEqual(nalUnitsIn(readFileSync(from)));
    });
  }

  test('frames are encoded for rtp:, and decoded from it, with their capture times', async () => {
    const port = await freePort();
    const source = await openSource(`rtp://127.0.0.1:${port}?codec=avc`);
    await source.info();
    const began = BigInt(Date.now()) * 1_000_000n;
    const sending = runPipe({ source: 'test:160x120?frames=20&fps=20', sinks: [`rtp://127.0.0.1:${port}?codec=avc`] });
    const times: bigint[] = [];
    for await (const frame of source.frames()) {
      using held = frame;
      expect([held.width, held.height, held.format]).toEqual([160, 120, 'rgb24']);
      if (held.captureTime > 0n) times.push(held.captureTime);
    }
    await sending;
    await source.close();
    expect(times.length).toBeGreaterThan(5);
    expect(Number(times.at(-1) ?? 0n) - Number(began)).toBeGreaterThan(0);
  });

  test('the SDP is written into a file, and a source configures itself by it', async () => {
    const [from, sdp] = [join(folder, 'sdp.hevc'), join(folder, 'stream.sdp')];
    writeFileSync(from, elementaryStream('hevc', 1));
    const port = await freePort();
    await runPipe({ source: `file:${from}`, sinks: [`rtp://127.0.0.1:${port}?sdp=${sdp}`], frames: 2, fps: 0 });
    const { description, parameterSets, options } = receptionOf(readFileSync(sdp));
    expect(description).toMatchObject({ address: '127.0.0.1', port });
    expect(options.streams?.[0]).toMatchObject({ payloadType: 96, clockRate: 90_000, trustStart: true });
    expect(nalUnitsIn(parameterSets as Uint8Array)).toEqual(nalUnitsIn(readFileSync(from)).slice(1, 4));
    const source = await openUnitSource(`rtp:${sdp}`);
    const info = await source.info();
    expect(info).toMatchObject({ codec: 'hevc', parameterSets });
    const sending = runPipe({ source: `file:${from}`, sinks: [`rtp://127.0.0.1:${port}?pt=96`], fps: 100 });
    let units = 0;
    for await (const unit of source) {
      using _ = unit;
      units++;
    }
    await sending;
    expect(units).toBe(12);
  });
});

test('uncompressed frames come back to the byte', async () => {
  const port = await freePort();
  const said: string[] = [];
  const source = await openSource(`rtp://127.0.0.1:${port}?codec=raw&size=64x48&format=gray8`);
  await source.info();
  const sink = await openSink(`rtp://127.0.0.1:${port}?codec=raw`, { onDescription: (sdp) => said.push(sdp) });
  const sending = runPipe({ source: 'test:64x48?frames=5&fps=50&format=gray8', sinks: [sink] });
  const numbers: number[] = [];
  for await (const frame of source.frames()) {
    using held = frame;
    numbers.push(verifyCounterFrame(held));
  }
  await sending;
  expect(numbers).toEqual([1, 2, 3, 4, 5]);
  expect(said).toHaveLength(1);
  expect(receptionOf(said[0] as string).options.streams?.[0]?.format).toMatchObject({ codec: 'raw', width: 64 });
});

test('silence ends a source that was told how long to wait', async () => {
  const source = await openUnitSource(`rtp://127.0.0.1:${await freePort()}?idle=0.1`);
  const units = [];
  for await (const unit of source) units.push(unit);
  await source.close();
  expect(units).toEqual([]);
});

test('addresses that cannot be are refused with what to write', async () => {
  const bad: [address: string, words: RegExp][] = [
    ['rtp://127.0.0.1', /a host and a port are needed/],
    ['rtp:5004', /a host and a port are needed/],
    ['rtp://127.0.0.1:0', /port 0 is not 1 to 65535/],
    ['rtp://127.0.0.1:70000', /port 70000/],
    ['rtp://::1:5004', /brackets/],
    ['rtp://127.0.0.1:5004?codec=mp3', /one of hevc, h265/],
    ['rtp://127.0.0.1:5004?mtu=64', /128 to 65535/],
    ['rtp://127.0.0.1:5004?codec=raw&codecs=1', /no option "codecs"/],
  ];
  for (const [address, words] of bad) {
    await expect(openUnitSink(address)).rejects.toMatchObject({
      code: 'BAD_URI',
      message: expect.stringMatching(words),
    });
  }
  await expect(openSource('rtp://127.0.0.1:5004?codec=raw')).rejects.toMatchObject({ code: 'BAD_URI' });
  await expect(openUnitSource('rtp:/nowhere/none.sdp')).rejects.toMatchObject({ code: 'IO' });
  writeFileSync(join(folder, 'bad.sdp'), 'v=0\r\nnonsense\r\n');
  await expect(openUnitSource(`rtp:${join(folder, 'bad.sdp')}`)).rejects.toMatchObject({ code: 'SDP_INVALID' });
});

test('a port that is taken is told as such', async () => {
  using socket = await UdpSocket.open({ local: { address: '127.0.0.1', port: 0 } });
  const source = await openUnitSource(`rtp://127.0.0.1:${socket.local.port}`);
  await expect(source.info()).rejects.toMatchObject({ code: 'ADDRESS_IN_USE' });
  await source.close();
});

test('timestamps have even distances while the clock agrees, and are never the same', () => {
  const grid = new TimestampGrid(30);
  const at = (ms: number) => grid.timestampOf(1_700_000_000_000_000_000n + BigInt(Math.round(ms * 1e6)));
  const times = [0, 34, 66, 101, 133, 500, 533, 533, 533];
  const ticks = times.map(at);
  const steps = ticks.slice(1).map((value, index) => (value - (ticks[index] as number)) >>> 0);
  expect(steps.slice(0, 4)).toEqual([3000, 3000, 3000, 3000]);
  expect(steps[4]).toBeCloseTo(33_000, -1);
  expect(steps[5]).toBe(3000);
  expect(new Set(ticks).size).toBe(ticks.length);
});

test('timestamps of pictures do not drift from the clock at television rates', () => {
  const grid = new TimestampGrid(30_000 / 1001);
  const start = 1_700_000_000_000_000_000n;
  const first = grid.timestampOf(start);
  let last = first;
  for (let picture = 1; picture <= 30_000; picture++) {
    last = grid.timestampOf(start + (BigInt(picture) * 1_001_000_000_000n) / 30_000n);
  }
  expect((last - first) >>> 0).toBe(30_000 * 3003);
});
