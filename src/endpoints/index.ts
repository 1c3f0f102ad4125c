/** Endpoints: sources and sinks by address, and the pipe between them. */
export * from './counter-pattern.js';
export { DecodedSource } from './decoded-source.js';
export { EncodedSource } from './encoded-source.js';
export { type EncodingOptions, encoders } from './encoding.js';
export { FileSource } from './file.js';
export { LatencyHistogram } from './latency.js';
export { NullSink } from './null.js';
export { type FrameEncoder, NumberedFiles } from './numbered-files.js';
export { type Original, originalOf } from './original.js';
export { PacedSource, PacedUnits, Pacer } from './pace.js';
export * from './pipe.js';
export { RawSource } from './raw.js';
export { RawSink } from './raw-sink.js';
export { RecycledMemory } from './recycled-memory.js';
export * from './registry.js';
export { ShmSource } from './shm.js';
export { type RingOpened, ShmSink, type ShmSinkOptions } from './shm-sink.js';
export * from './sink.js';
export * from './source.js';
export { StreamFileSink } from './stream-sink.js';
export { StreamFileSource } from './stream-source.js';
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
export * from './unit-sink.js';
export * from './unit-source.js';
export { type EndpointUri, parseUri } from './uri.js';
