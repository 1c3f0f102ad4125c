import { FramelaneError } from '../../error.js';
import type { Application } from './application.js';
import type { KeyFrameRequest } from './feedback-queue.js';
import type { ReportBlock } from './report-block.js';
import type { SenderReport } from './sender-report.js';

/** How a participant takes part. All times are ms of one clock of any origin; it must not go back. */
export interface RtcpSessionOptions {
  /** One's own source, 32 random bits; also of one who sends nothing. */
  readonly ssrc: number;
  /** Canonical name: the same for all streams of a participant, best random (RFC 7022). At most 255 bytes in UTF-8. */
  readonly cname: string;
  /** Random numbers, 0 to below 1. */
  readonly random: () => number;
  /** ns since 1970 when the clock of ms was 0: `BigInt(Math.round(performance.timeOrigin * 1e6))` with `performance.now()`. */
  readonly timeOrigin: bigint;
  /** Ticks a second of one's own RTP timestamps; default 90000. */
  readonly clockRate?: number;
  /** Bits a second of the whole session; RTCP takes 5% of it (RFC 3550 section 6.2). Default 10,000,000. */
  readonly bandwidth?: number;
  /** `AVPF` (default): feedback goes out at once (RFC 4585). `AVP`: with the next report. */
  readonly profile?: 'AVP' | 'AVPF';
  /**
   * ms between two reports. AVPF: about so many (T_rr_interval), default 1000. AVP: at least so many on average, default
   * 5000. `'reduced'` is 360,000,000 / bandwidth (RFC 3550 section 6.2), where others listen in only for those who send.
   */
  readonly interval?: number | 'reduced';
  /** Whether more than two take part, so that the first report and feedback are not sent at once. Default false. */
  readonly multicast?: boolean;
  /** Whether feedback goes without a report in front, if that was agreed on (RFC 5506, `a=rtcp-rsize`). Default false. */
  readonly reducedSize?: boolean;
  /** Bytes of a datagram, at most; 1000 to 65507, default 1200. */
  readonly maxBytes?: number;
  /** Bytes of IP and UDP headers, which count as RTCP bandwidth; default 28, for IPv6 48. */
  readonly overhead?: number;
  /** Members and sources, at most; default 1024. What comes beyond is counted in the statistics, not remembered. */
  readonly maxMembers?: number;
  /** Hears what the others say. */
  readonly events?: RtcpEvents;
}

/** What is told of the others. SSRCs are those of whoever says it. */
export interface RtcpEvents {
  /** A sender's clocks and counts; the source's clock knows already. */
  senderReport?(report: SenderReport): void;
  /** How somebody receives us. */
  receptionReport?(report: ReceptionOfUs): void;
  /** Somebody needs a key frame of ours. A repetition of the same full intra request is told once. */
  keyFrameRequested?(from: number, request: KeyFrameRequest): void;
  /** Somebody misses packets of ours. */
  nackReceived?(from: number, sequences: readonly number[]): void;
  /** Somebody leaves. */
  bye?(ssrc: number, reason: string): void;
  /** Nothing was heard from somebody for long; it may come back. */
  timedOut?(ssrc: number): void;
  /** A packet of an application. */
  application?(packet: Application): void;
  /**
   * Another participant has our SSRC: ours is another one from now on, RTP has to be sent under it, and counts begin at 0.
   * Whoever sends RTP and does not listen to this keeps its SSRC: reports that do not fit the RTP would be worse.
   */
  ssrcChanged?(ssrc: number, previous: number): void;
}

/** A report block about us. */
export interface ReceptionOfUs extends ReportBlock {
  /** Who reports. */
  readonly from: number;
  /** There and back in ms; undefined when the block is not about a recent report of ours. */
  readonly roundTripMs: number | undefined;
}

/** Counts since the session began. */
export interface RtcpStatistics {
  /** Datagrams read. */
  received: number;
  /** Datagrams that were no RTCP. */
  invalid: number;
  /** Datagrams of ours that came back, or that used our SSRC too often to believe it. */
  looped: number;
  /** Times that our SSRC had to change. */
  collisions: number;
  /** Datagrams sent. */
  sent: number;
  /** Requests for packets or key frames that found no room. */
  refusedFeedback: number;
}

/** Options with all defaults filled in. */
export type FullOptions = Required<RtcpSessionOptions> & { readonly interval: number };

/** Fills in the defaults. Throws `BAD_ARGUMENT` about what cannot be. */
export function fullOptions(options: RtcpSessionOptions): FullOptions {
  const { bandwidth = 10_000_000, profile = 'AVPF' } = options;
  const usual = profile === 'AVPF' ? 1_000 : 5_000;
  const interval = options.interval === 'reduced' ? 360_000_000 / bandwidth : (options.interval ?? usual);
  const full = {
    clockRate: 90_000,
    multicast: false,
    reducedSize: false,
    maxBytes: 1_200,
    overhead: 28,
    maxMembers: 1_024,
    events: {},
    ...options,
    bandwidth,
    profile,
    interval,
  };
  check('ssrc', full.ssrc, 0, 0xffff_ffff);
  check('clockRate', full.clockRate, 1, 0xffff_ffff);
  check('bandwidth', full.bandwidth, 1_000, Number.MAX_SAFE_INTEGER);
  check('interval', full.interval, 0, 3_600_000);
  check('maxBytes', full.maxBytes, 1_000, 65_507);
  check('overhead', full.overhead, 0, 1_000);
  check('maxMembers', full.maxMembers, 1, 1_000_000);
  if (full.cname === '' || new TextEncoder().encode(full.cname).length > 255) {
    throw new FramelaneError('BAD_ARGUMENT', `cname "${full.cname.slice(0, 32)}" has 0 or more than 255 bytes`);
  }
  return full;
}

function check(name: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) {
    throw new FramelaneError('BAD_ARGUMENT', `${name} of an RTCP session is ${value}, not ${least} to ${most}`);
  }
}
