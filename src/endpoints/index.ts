/** Endpoints: sources and sinks by address, and the pipe between them. */
export * from './counter-pattern.js';
export { FileSource } from './file.js';
export { LatencyHistogram } from './latency.js';
export { NullSink } from './null.js';
export { type FrameEncoder, NumberedFiles } from './numbered-files.js';
export { type Original, originalOf } from './original.js';
export { PacedSource, Pacer } from './pace.js';
export * from './pipe.js';
export { RawSource } from './raw.js';
export { RawSink } from './raw-sink.js';
export { RecycledMemory } from './recycled-memory.js';
export * from './registry.js';
export { ShmSource } from './shm.js';
export { type RingOpened, ShmSink, type ShmSinkOptions } from './shm-sink.js';
export * from './sink.js';
export * from './source.js';
export { TestSource, type TestSourceOptions } from './test.js';
export { type TestPattern, testPatterns } from './test-patterns.js';
export { TineSource, type TineSourceOptions, tineSource } from './tine.js';
export type { TineAddress, TineHost } from './tine-address.js';
export {
  openTineCamera,
  TineCamera,
  type TineCameraOptions,
  type TineCameraStats,
  type TineImageMessage,
} from './tine-client.js';
export { TineFileSource } from './tine-file.js';
export { TineFileSink } from './tine-file-sink.js';
export { serveTine, type TineServerOptions, TineVideoServer, tineServerLimits } from './tine-server.js';
export { type EndpointUri, parseUri } from './uri.js';
