/** The server's side of the TINE network benchmark: a process of its own, so that it does not share a thread. */
import { setTimeout as sleep } from 'node:timers/promises';
import { serveTine } from '../../src/endpoints/tine-server.js';
import { allocateFrame, Frame, type FrameSpec } from '../../src/frame/index.js';

const [offset = '0', width = '1920', height = '1080', fps = '60'] = process.argv.slice(2);
const spec: FrameSpec = { format: 'gray16le', width: Number(width), height: Number(height) };

/** Microseconds on the clock that all processes of the machine share, in 32 bits. */
const stamp = () => Number((process.hrtime.bigint() / 1000n) % 0x1_0000_0000n);

/** One picture again and again, each stamped with the moment it is handed over. */
async function* frames(signal?: AbortSignal): AsyncIterableIterator<Frame> {
  const { planes } = allocateFrame(spec);
  planes[0]?.data.forEach((_, index, data) => {
    data[index] = index & 0x0f;
  });
  const start = performance.now();
  for (let sequence = 1; !signal?.aborted; sequence++) {
    await sleep(Math.max(0, start + (sequence * 1000) / Number(fps) - performance.now()));
    yield new Frame({ ...spec, planes, sequence, metadata: { 'tine.eventNumber': stamp() } });
  }
}

const server = await serveTine({
  device: 'BENCH',
  eqm: 'BENCH',
  offset: Number(offset),
  minimumInterval: 1,
  source: {
    uri: 'bench:',
    info: async () => ({}),
    frames: (options) => frames(options?.signal),
    [Symbol.asyncIterator]: () => frames(),
    close: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  },
});
process.send?.('ready');
process.on('disconnect', () => void server.close().then(() => process.exit()));
