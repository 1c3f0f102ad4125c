/** The shared-memory frame ring: one producer, many readers, any language, no copy (docs/ring-layout.md). */
export { type ErrorCode, type ErrorDetails, errorCodes, FramelaneError } from '../error.js';
export { listRings, type RingStatus, removeRing, ringStatus, snapshotRing } from './inspect.js';
export { type Lender, Loan, type PublishInit } from './loan.js';
export type { PublisherOptions, SubscriberOptions } from './options.js';
export { maxCapacity, Publisher } from './publisher.js';
export { RingFrame } from './ring-frame.js';
export { maxMetadataBytes } from './slot-header.js';
export { Subscriber, type SubscriberFacts } from './subscriber.js';
