import { middleOfNtp } from '../clock.js';
import type { Member, RemoteSource } from './member.js';
import { maxReportBlocks, type ReportBlock } from './report-block.js';

/** What is reported of the sources that are received; in turn, when there are more of them than blocks. */
export class Reporter {
  #turn = 0;

  /** Blocks about sources that sent something since the last report, at most `room` of them. */
  blocks(members: Iterable<Member>, room: number, now: number): ReportBlock[] {
    const heard = [...members].filter(({ source, reported }) => {
      return source !== undefined && source.reception.received !== reported;
    });
    const count = Math.min(room, maxReportBlocks);
    const first = heard.length === 0 ? 0 : this.#turn % heard.length;
    const chosen = [...heard.slice(first), ...heard.slice(0, first)].slice(0, count);
    this.#turn = heard.length > count ? first + count : 0;
    return chosen.map((member) => blockOf(member, member.source as RemoteSource, now));
  }
}

function blockOf(member: Member, { ssrc, reception }: RemoteSource, now: number): ReportBlock {
  member.reported = reception.received;
  const { report } = member;
  return {
    ssrc,
    ...reception.report(),
    lastReport: report === undefined ? 0 : middleOfNtp(report.ntpTime),
    delaySinceLastReport: report === undefined ? 0 : Math.min(0xffff_ffff, Math.round((now - report.at) * 65.536)),
  };
}
