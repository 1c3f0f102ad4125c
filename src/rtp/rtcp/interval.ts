/** Shares of the RTCP bandwidth: a quarter for senders, as long as they are no more than a quarter (RFC 3550 6.2). */
const senderShare = 0.25;

/** What timer reconsideration makes intervals shorter by on average, e - 3/2; it is divided out (RFC 3550 6.3.1). */
const compensation = Math.E - 1.5;

/** Who takes part, for the interval between reports. */
export interface Group {
  /** Participants that are there, oneself included. */
  readonly members: number;
  /** Those of them that send RTP, oneself included. */
  readonly senders: number;
  /** Whether one is a sender oneself. */
  readonly weSent: boolean;
}

/**
 * The calculated interval Td between two reports of one participant, in ms (RFC 3550 section 6.3.1): all together stay
 * within `bandwidth` bytes of RTCP a second, and nobody reports more often than once in `minimumMs`.
 */
export function calculatedInterval(group: Group, averageBytes: number, bandwidth: number, minimumMs: number): number {
  const { members, senders, weSent } = group;
  const divided = senders <= members * senderShare;
  const among = !divided ? members : weSent ? senders : members - senders;
  const share = !divided ? bandwidth : weSent ? bandwidth * senderShare : bandwidth * (1 - senderShare);
  return Math.max(minimumMs, (1000 * among * averageBytes) / share);
}

/** The interval T to wait for: 0.5 to 1.5 times Td, so that reports do not come in step. `random` is 0 to below 1. */
export function randomizedInterval(calculated: number, random: number): number {
  return (calculated * (random + 0.5)) / compensation;
}
