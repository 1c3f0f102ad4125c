import type { Codec } from '../nal/index.js';

/**
 * Why an access unit was lost:
 * `loss` packets of it are missing, or may be; `start` the stream was joined and nothing says that the unit was seen from
 * its beginning; `malformed` a payload breaks the rules of its format; `unsupported` a payload of a kind that is not read;
 * `limit` it is larger than the limit, or memory is; `end` the stream ended, paused or began anew within it.
 */
export const lossReasons = ['loss', 'start', 'malformed', 'unsupported', 'limit', 'end'] as const;

/** One of {@link lossReasons}. */
export type LossReason = (typeof lossReasons)[number];

/**
 * An access unit that did not arrive whole: what is known of it, never its bytes. Units of which no packet arrived are not
 * reported one by one; their packets are in the source's `lost`.
 */
export interface LostUnit {
  /** Codec of the stream. */
  readonly codec: Codec;
  /** Synchronization source it came from, 0 to 2^32 - 1. */
  readonly ssrc: number;
  /** RTP timestamp, 0 to 2^32 - 1. */
  readonly timestamp: number;
  /** Sequence number of the first packet that arrived, as in its header. */
  readonly firstSequence: number;
  /** Packets that arrived. */
  readonly packets: number;
  /** Packets that are missing, in it or between it and the unit before. */
  readonly packetsLost: number;
  /** Payload bytes that arrived. */
  readonly bytes: number;
  /** Why. */
  readonly reason: LossReason;
  /** Types of the NAL units that were seen of it, ascending; empty for codecs that have none. */
  readonly nalTypes: readonly number[];
  /** Whether it is known to have been one that a decoder can begin at: asking for another is then urgent. */
  readonly keyFrame: boolean;
}
