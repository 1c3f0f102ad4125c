import { ReceiverClock } from '../clock.js';
import { Reception } from '../reception.js';

/** A source that is received: its statistics and its clock. */
export class RemoteSource {
  /** Statistics for the reports; the receiver tells it of each packet. */
  readonly reception: Reception;
  /** Capture times; the session sets it by the source's reports. */
  readonly clock: ReceiverClock;

  constructor(
    /** The source. */
    readonly ssrc: number,
    clockRate: number,
    reception = new Reception(clockRate),
  ) {
    this.reception = reception;
    this.clock = new ReceiverClock(clockRate);
  }
}

/** A participant other than oneself. Times are ms of the session's clock. */
export interface Member {
  readonly ssrc: number;
  /** Canonical name, once it was said. */
  cname: string | undefined;
  /** The last sign of life. */
  heardAt: number;
  /** The last RTP, or report of a sender; undefined: sends nothing. */
  sentAt: number | undefined;
  /** When it said goodbye, or was given up. */
  goneAt: number | undefined;
  /** Its last sender report: both clocks, and when it came. */
  report: { readonly ntpTime: bigint; readonly timestamp: number; readonly at: number } | undefined;
  /** What is received from it, if anybody asked for that. */
  source: RemoteSource | undefined;
  /** Packets of {@link source} at the last look, and at the last report. */
  seen: number;
  reported: number;
  /** Number of its last full intra request. */
  request: number | undefined;
}

/** A member that was just heard of. */
export function newMember(ssrc: number, now: number): Member {
  return {
    ssrc,
    cname: undefined,
    heardAt: now,
    sentAt: undefined,
    goneAt: undefined,
    report: undefined,
    source: undefined,
    seen: 0,
    reported: 0,
    request: undefined,
  };
}
