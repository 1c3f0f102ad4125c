import type { FramelaneError } from '../../error.js';
import type { Reception } from '../reception.js';
import { readRtcp, writeRtcp } from './compound.js';
import { FeedbackQueue, feedbackBytes, type KeyFrameRequest } from './feedback-queue.js';
import type { FullIntra } from './full-intra.js';
import type { GenericNack } from './generic-nack.js';
import type { Goodbye } from './goodbye.js';
import { findRtcpFault } from './header.js';
import { calculatedInterval, type Group } from './interval.js';
import type { Member, RemoteSource } from './member.js';
import { Members } from './members.js';
import type { RtcpPacket } from './packet.js';
import type { PictureLoss } from './picture-loss.js';
import { type ReportBlock, reportBlockBytes } from './report-block.js';
import { Reporter } from './reporter.js';
import { Schedule } from './schedule.js';
import type { SenderReport } from './sender-report.js';
import { SentStream } from './sent-stream.js';
import { type FullOptions, fullOptions, type RtcpSessionOptions, type RtcpStatistics } from './session-options.js';
import { cnameOf, type SourceDescription, sdesItem } from './source-description.js';

/** Members are given up after so many of their intervals (RFC 3550 section 6.3.5). */
const silentIntervals = 5;
/** Whoever sent nothing for so many intervals is no sender any more. */
const idleIntervals = 2;
/** Interval for both, even where reports come more often (RFC 4585 section 3.5.4), in ms. */
const timeoutMinimum = 5_000;
/** One's SSRC changes once in this time at most, however many forged collisions come, in ms. */
const collisionPause = 10_000;

/** Packets that are not of one participant. */
type Impersonal = Extract<RtcpPacket, { kind: 'goodbye' | 'sourceDescription' | 'unknown' }>;

/**
 * RTCP of one participant with one source of its own: reports in time, members, feedback (RFC 3550 section 6, RFC 4585,
 * RFC 5104). No socket, no clock, no randomness: hand in what came by {@link receive}, send what {@link poll} returns, call
 * it again at {@link deadline} and after each call that may want to send.
 *
 * On a port shared with RTP, `isRtcp` tells which datagrams belong here (RFC 5761).
 */
export class RtcpSession {
  /** Counts since the session began. */
  readonly statistics: Readonly<RtcpStatistics>;
  readonly #counts: RtcpStatistics;
  readonly #options: FullOptions;
  readonly #members: Members;
  readonly #schedule: Schedule;
  readonly #stream: SentStream;
  readonly #feedback = new FeedbackQueue();
  readonly #reporter = new Reporter();
  #ssrc: number;
  /** Own SSRC given up after a collision: its goodbye goes with the next packet. */
  #former: number | undefined;
  #changedAt = Number.NEGATIVE_INFINITY;
  #spoken = false;
  #leaving: string | undefined;
  /** Goodbyes of others since ours is due; they make it wait. */
  #othersLeft = 0;
  #closed = false;

  /** Begins at `now`, in ms. Throws `BAD_ARGUMENT` about options that cannot be. */
  constructor(options: RtcpSessionOptions, now: number) {
    this.#options = fullOptions(options);
    const { ssrc, bandwidth, profile, interval, overhead, clockRate, timeOrigin } = this.#options;
    this.#ssrc = ssrc;
    this.#members = new Members(this.#options.maxMembers);
    this.#stream = new SentStream(clockRate, timeOrigin);
    this.#counts = { received: 0, invalid: 0, looped: 0, collisions: 0, sent: 0, refusedFeedback: 0 };
    this.statistics = this.#counts;
    const { multicast, random } = this.#options;
    const feedback = profile === 'AVPF';
    const firstBytes = overhead + writeRtcp([this.#emptyReport(), this.#description()], 1_000).length;
    const timing = { bandwidth: bandwidth / 160, feedback, minimumMs: interval, multicast, firstBytes, random };
    this.#schedule = new Schedule(timing, now);
  }

  /** One's own source. It changes when somebody else has it too: see `ssrcChanged`. */
  get ssrc(): number {
    return this.#ssrc;
  }

  /** Participants that are there, oneself included. */
  get members(): number {
    return this.#members.count + 1;
  }

  /** Members that the table had no room for, counted each time they were heard. */
  get refusedMembers(): number {
    return this.#members.refused;
  }

  /** When {@link poll} is to be called, in ms; undefined after the goodbye. */
  get deadline(): number | undefined {
    return this.#closed ? undefined : this.#schedule.deadline(this.#feedback.pending);
  }

  /**
   * A source is received: to be said once. The receiver tells `reception` of every packet (one of its own, or the one that
   * is returned), and asks the returned clock for capture times. Throws `LIMIT_EXCEEDED` when the table is full of sources.
   */
  source(ssrc: number, clockRate: number, now: number, reception?: Reception): RemoteSource {
    return this.#members.source(ssrc, clockRate, now, reception);
  }

  /** A source is not received any more: its place is free for another one. */
  forgetSource(ssrc: number): void {
    this.#members.forget(ssrc);
  }

  /** A unit is sent: its packets, bytes of payload, RTP timestamp, capture time (ns since 1970, 0n: now). */
  unitSent(packets: number, payloadBytes: number, timestamp: number, captureTime: bigint, now: number): void {
    if (this.#stream.sentAt === undefined) this.#schedule.hurry();
    this.#stream.sent(packets, payloadBytes, timestamp, captureTime, now);
  }

  /** Asks a source for a key frame: PLI by default, FIR for one that does not know it. False: no room, ask again later. */
  requestKeyFrame(ssrc: number, now: number, request: KeyFrameRequest = 'pli'): boolean {
    return this.#wanted(this.#feedback.keyFrame(ssrc, request), now);
  }

  /** Asks a source for packets again; in ascending order they need least room. False: not all of them had room. */
  nack(ssrc: number, sequences: Iterable<number>, now: number): boolean {
    return this.#wanted(this.#feedback.nack(ssrc, sequences), now);
  }

  #wanted(accepted: boolean, now: number): boolean {
    if (!accepted) this.#counts.refusedFeedback++;
    this.#schedule.wanted(now, this.members);
    return accepted;
  }

  /** Leaves. One who never sent anything just ends (RFC 3550 section 6.3.7). */
  leave(now: number, reason = ''): void {
    if (this.#leaving !== undefined) return;
    this.#leaving = reason;
    this.#othersLeft = 0;
    if (!this.#spoken && this.#stream.sentAt === undefined) this.#closed = true;
    const bytes = this.#options.overhead + writeRtcp(this.#goodbye(), 1_000).length;
    this.#schedule.leave(now, this.members, bytes);
  }

  /** Somebody else's RTP has our SSRC: to be told by whoever reads RTP. */
  collided(now: number): void {
    this.#collide(now);
  }

  /**
   * A datagram came. Returns whether it was RTCP to be believed; one that was not is counted, and nothing of it is used.
   */
  receive(bytes: Uint8Array, now: number): boolean {
    const packets = findRtcpFault(bytes) === undefined ? this.#read(bytes) : undefined;
    if (packets === undefined) {
      this.#counts.invalid++;
      return false;
    }
    this.#counts.received++;
    if (this.#isOurs(packets, now)) return false;
    const counts = this.#leaving === undefined || packets.some(({ kind }) => kind === 'goodbye');
    if (counts) this.#schedule.passed(bytes.length + this.#options.overhead);
    for (const packet of packets) this.#take(packet, now);
    return true;
  }

  #read(bytes: Uint8Array): RtcpPacket[] | undefined {
    try {
      return readRtcp(bytes);
    } catch (error) {
      if ((error as FramelaneError).code === 'RTCP_INVALID') return undefined;
      throw error;
    }
  }

  /**
   * Loops and collisions (RFC 3550 section 8.2): by its name it is seen whether a packet with our SSRC is ours. One that
   * has no name may be our own feedback of reduced size; whoever else has our SSRC will say its name soon.
   */
  #isOurs(packets: readonly RtcpPacket[], now: number): boolean {
    const ours = packets.some((packet) => 'ssrc' in packet && packet.ssrc === this.#ssrc);
    const names = packets.map((packet) =>
      packet.kind === 'sourceDescription' ? cnameOf(packet, this.#ssrc) : undefined,
    );
    const name = names.find((cname) => cname !== undefined);
    if (!ours && name === undefined) return false;
    if (name === undefined || name === this.#options.cname) this.#counts.looped++;
    else this.#collide(now);
    return true;
  }

  /** One who sends keeps its SSRC unless whoever writes the RTP hears of the change and takes part in it. */
  #collide(now: number): void {
    const isFixed = this.#stream.sentAt !== undefined && this.#options.events.ssrcChanged === undefined;
    if (isFixed || now - this.#changedAt < collisionPause || this.#leaving !== undefined) {
      this.#counts.looped++;
      return;
    }
    this.#counts.collisions++;
    this.#changedAt = now;
    this.#former = this.#ssrc;
    while (this.#ssrc === this.#former || this.#members.find(this.#ssrc) !== undefined) {
      this.#ssrc = Math.floor(this.#options.random() * 2 ** 32) >>> 0;
    }
    this.#stream.reset();
    this.#schedule.hurry();
    this.#options.events.ssrcChanged?.(this.#ssrc, this.#former);
  }

  #take(packet: RtcpPacket, now: number): void {
    if (packet.kind === 'goodbye') this.#takeGoodbye(packet, now);
    else if (packet.kind === 'sourceDescription') this.#takeDescription(packet, now);
    else if (packet.kind !== 'unknown') this.#takeFrom(this.#members.hear(packet.ssrc, now), packet, now);
  }

  /** `member` is undefined when the table is full: what it says of us counts nevertheless. */
  #takeFrom(member: Member | undefined, packet: Exclude<RtcpPacket, Impersonal>, now: number): void {
    switch (packet.kind) {
      case 'senderReport':
        if (member !== undefined) this.#takeReport(member, packet, now);
        this.#takeBlocks(packet.ssrc, packet.blocks, now);
        break;
      case 'receiverReport':
        this.#takeBlocks(packet.ssrc, packet.blocks, now);
        break;
      case 'application':
        this.#options.events.application?.(packet);
        break;
      case 'fullIntra':
        this.#takeFullIntra(packet, member);
        break;
      case 'genericNack':
      case 'pictureLoss':
        this.#takeFeedback(packet);
    }
  }

  #takeReport(member: Member, report: SenderReport, now: number): void {
    const { ntpTime, timestamp } = report;
    member.report = { ntpTime, timestamp, at: now };
    member.source?.clock.senderReport(ntpTime, timestamp);
    this.#members.sends(member, now);
    this.#options.events.senderReport?.(report);
  }

  #takeBlocks(from: number, blocks: readonly ReportBlock[], now: number): void {
    for (const block of blocks) {
      if (block.ssrc !== this.#ssrc) continue;
      const roundTripMs = this.#stream.roundTrip(block, now);
      this.#options.events.receptionReport?.({ ...block, from, roundTripMs });
    }
  }

  #takeDescription(description: SourceDescription, now: number): void {
    for (const { ssrc } of description.chunks) {
      if (ssrc === this.#ssrc) continue;
      const member = this.#members.hear(ssrc, now);
      if (member !== undefined) member.cname = cnameOf(description, ssrc) ?? member.cname;
    }
  }

  #takeGoodbye({ sources, reason }: Goodbye, now: number): void {
    for (const ssrc of sources) {
      this.#othersLeft++;
      const member = this.#members.find(ssrc);
      if (member === undefined || member.goneAt !== undefined) continue;
      this.#members.leave(member, now);
      this.#options.events.bye?.(ssrc, reason);
    }
    this.#schedule.shrunk(now, this.members);
  }

  #takeFeedback(packet: GenericNack | PictureLoss): void {
    const { events } = this.#options;
    this.#feedback.asked(packet);
    if (packet.mediaSsrc !== this.#ssrc) return;
    if (packet.kind === 'pictureLoss') events.keyFrameRequested?.(packet.ssrc, 'pli');
    else events.nackReceived?.(packet.ssrc, packet.sequences);
  }

  #takeFullIntra(packet: FullIntra, member: Member | undefined): void {
    this.#feedback.asked(packet);
    for (const { ssrc, request } of packet.entries) {
      if (ssrc !== this.#ssrc || request === member?.request) continue;
      if (member !== undefined) member.request = request;
      this.#options.events.keyFrameRequested?.(packet.ssrc, 'fir');
    }
  }

  /** What is to be sent at `now`: datagrams, usually none or one. */
  poll(now: number): Uint8Array[] {
    if (this.#closed) return [];
    const due = this.#schedule.due(now, this.#group(now), this.#feedback.pending);
    if (due === undefined) return [];
    if (this.#leaving !== undefined) {
      this.#closed = true;
      return [this.#write(this.#goodbye())];
    }
    if (due === 'report') this.#sweep(now);
    return [this.#write(due === 'report' ? this.#regular(now) : this.#early(now))];
  }

  #write(packets: readonly RtcpPacket[]): Uint8Array {
    const bytes = writeRtcp(packets, this.#options.maxBytes);
    this.#schedule.passed(bytes.length + this.#options.overhead);
    this.#counts.sent++;
    this.#spoken = true;
    return bytes;
  }

  #group(now: number): Group {
    if (this.#leaving !== undefined) return { members: 1 + this.#othersLeft, senders: 0, weSent: false };
    const weSent = this.#weSent(now);
    return { members: this.members, senders: this.#members.senders + (weSent ? 1 : 0), weSent };
  }

  #weSent(now: number): boolean {
    const { sentAt } = this.#stream;
    return sentAt !== undefined && now - sentAt < idleIntervals * timeoutMinimum;
  }

  /** Looks for members that were silent for long (RFC 3550 section 6.3.5). */
  #sweep(now: number): void {
    const { bandwidth } = this.#options;
    const group = { members: this.members, senders: this.#members.senders, weSent: false };
    const interval = calculatedInterval(group, this.#schedule.averageBytes, bandwidth / 160, timeoutMinimum);
    const lost = this.#members.sweep(now, now - idleIntervals * interval, now - silentIntervals * interval);
    for (const { ssrc } of lost) this.#options.events.timedOut?.(ssrc);
    if (lost.length > 0) this.#schedule.shrunk(now, this.members);
  }

  /** A report on everybody, our name, and the feedback that waits. */
  #regular(now: number): RtcpPacket[] {
    const description = this.#description();
    const fixed = writeRtcp([this.#emptyReport(), description, ...this.#farewell()], 1_000).length + 20;
    const room = Math.floor((this.#options.maxBytes - fixed - feedbackBytes) / reportBlockBytes);
    const blocks = this.#reporter.blocks(this.#members.all(), Math.max(1, room), now);
    const farewell = this.#farewell();
    this.#former = undefined;
    return [...farewell, this.#report(blocks, now), description, ...this.#feedback.take(this.#ssrc)];
  }

  /** As little as may stand before feedback (RFC 4585 section 3.1), or nothing (RFC 5506). */
  #early(now: number): RtcpPacket[] {
    const feedback = this.#feedback.take(this.#ssrc);
    return this.#options.reducedSize ? feedback : [this.#report([], now), this.#description(), ...feedback];
  }

  #report(blocks: readonly ReportBlock[], now: number): RtcpPacket {
    if (this.#weSent(now)) return this.#stream.report(this.#ssrc, blocks, now);
    return { kind: 'receiverReport', ssrc: this.#ssrc, blocks };
  }

  #emptyReport(ssrc = this.#ssrc): RtcpPacket {
    return { kind: 'receiverReport', ssrc, blocks: [] };
  }

  #description(): RtcpPacket {
    const items = [{ item: sdesItem.cname, text: this.#options.cname }];
    return { kind: 'sourceDescription', chunks: [{ ssrc: this.#ssrc, items }] };
  }

  /** The goodbye of an SSRC that somebody else has too. */
  #farewell(): RtcpPacket[] {
    if (this.#former === undefined) return [];
    const sources = [this.#former];
    return [this.#emptyReport(this.#former), { kind: 'goodbye', sources, reason: 'SSRC collision' }];
  }

  #goodbye(): RtcpPacket[] {
    const goodbye: RtcpPacket = { kind: 'goodbye', sources: [this.#ssrc], reason: this.#leaving ?? '' };
    return [this.#emptyReport(), this.#description(), goodbye];
  }
}
