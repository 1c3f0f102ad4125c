import { FramelaneError } from '../../error.js';
import type { Reception } from '../reception.js';
import { type Member, newMember, RemoteSource } from './member.js';

/** For so long a member that said goodbye stays gone, whatever straggling packets say, in ms (RFC 3550 section 6.2.1). */
const stragglerMs = 5_000;

/**
 * The participants other than oneself, at most `limit`: a network full of forged sources fills the table and no more.
 * Who comes when it is full is not counted and not reported on; a source that is received takes the place of the member
 * that was silent for longest and is not received.
 */
export class Members {
  readonly #limit: number;
  readonly #table = new Map<number, Member>();
  #gone = 0;
  #senders = 0;
  /** Members that there was no room for. */
  refused = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Members that are there. */
  get count(): number {
    return this.#table.size - this.#gone;
  }

  /** Members that are there and send. */
  get senders(): number {
    return this.#senders;
  }

  /** The member with this SSRC, even if it is gone. */
  find(ssrc: number): Member | undefined {
    return this.#table.get(ssrc);
  }

  /** All, those that are gone too. */
  all(): IterableIterator<Member> {
    return this.#table.values();
  }

  /** A sign of life. Undefined for one that there is no room for, or that just said goodbye. */
  hear(ssrc: number, now: number): Member | undefined {
    const member = this.#table.get(ssrc) ?? this.#add(ssrc, now);
    if (member === undefined || !this.#revive(member, now)) return undefined;
    member.heardAt = now;
    return member;
  }

  /** RTP or a sender report came from it. */
  sends(member: Member, now: number): void {
    if (member.sentAt === undefined && member.goneAt === undefined) this.#senders++;
    member.sentAt = now;
  }

  /** What is received from a source. Throws `LIMIT_EXCEEDED` when the table is full of sources. */
  source(ssrc: number, clockRate: number, now: number, reception?: Reception): RemoteSource {
    const known = this.#table.get(ssrc);
    if (known?.source !== undefined && known.source.reception === (reception ?? known.source.reception)) {
      return known.source;
    }
    if (known === undefined && this.#table.size >= this.#limit) this.#evict();
    const member = known ?? this.#insert(ssrc, now);
    this.forget(ssrc);
    member.source = new RemoteSource(ssrc, clockRate, reception);
    if (member.report !== undefined) member.source.clock.senderReport(member.report.ntpTime, member.report.timestamp);
    return member.source;
  }

  /** A source is not received any more; as a member it stays until it leaves or is silent. */
  forget(ssrc: number): void {
    const member = this.#table.get(ssrc);
    if (member === undefined) return;
    member.source = undefined;
    member.seen = 0;
    member.reported = 0;
  }

  /** It said goodbye or was given up. */
  leave(member: Member, now: number): void {
    if (member.goneAt !== undefined) return;
    member.goneAt = now;
    this.#gone++;
    this.#stops(member);
  }

  /**
   * Looks through all: who was heard by RTP, who sent nothing since `sendersSince`, who was silent since `silentSince`.
   * Returns those that are given up.
   */
  sweep(now: number, sendersSince: number, silentSince: number): Member[] {
    const lost: Member[] = [];
    for (const member of this.#table.values()) {
      this.#lookAtSource(member, now);
      if (member.sentAt !== undefined && member.sentAt < sendersSince) this.#stops(member);
      if (member.goneAt === undefined && member.heardAt < silentSince) {
        this.leave(member, now);
        lost.push(member);
      }
      if (member.goneAt !== undefined && now - member.goneAt >= stragglerMs && !member.source) this.#remove(member);
    }
    return lost;
  }

  /** Packets of a source are heard here, not one by one. */
  #lookAtSource(member: Member, now: number): void {
    const received = member.source?.reception.received ?? 0;
    if (received === member.seen) return;
    member.seen = received;
    if (!this.#revive(member, now)) return;
    member.heardAt = now;
    this.sends(member, now);
  }

  /** Whether the member is there, or is there again. */
  #revive(member: Member, now: number): boolean {
    if (member.goneAt === undefined) return true;
    if (now - member.goneAt < stragglerMs) return false;
    member.goneAt = undefined;
    this.#gone--;
    return true;
  }

  #stops(member: Member): void {
    if (member.sentAt === undefined) return;
    member.sentAt = undefined;
    this.#senders--;
  }

  #add(ssrc: number, now: number): Member | undefined {
    if (this.#table.size < this.#limit) return this.#insert(ssrc, now);
    this.refused++;
    return undefined;
  }

  #insert(ssrc: number, now: number): Member {
    const member = newMember(ssrc, now);
    this.#table.set(ssrc, member);
    return member;
  }

  #evict(): void {
    let oldest: Member | undefined;
    for (const member of this.#table.values()) {
      if (member.source === undefined && (oldest === undefined || member.heardAt < oldest.heardAt)) oldest = member;
    }
    if (oldest === undefined) {
      throw new FramelaneError(
        'LIMIT_EXCEEDED',
        `${this.#limit} sources are received already; forget one of them first`,
      );
    }
    this.#remove(oldest);
  }

  #remove(member: Member): void {
    this.#stops(member);
    if (member.goneAt !== undefined) this.#gone--;
    this.#table.delete(member.ssrc);
  }
}
