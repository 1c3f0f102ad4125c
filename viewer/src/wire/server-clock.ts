/** How often the server's clock is asked for, ms: clocks of two machines drift apart slowly. */
const everyMs = 30_000;

/** Questions a time: the quickest answer says it best. */
const questions = 4;

/** The server's clock, ms since 1970: what ages of pictures are measured with. */
export class ServerClock {
  #offset = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** Begins to follow it. */
  start(): void {
    void this.#ask();
    this.#timer = setInterval(() => void this.#ask(), everyMs);
  }

  /** Stops following it. */
  stop(): void {
    clearInterval(this.#timer);
  }

  /** What the server's clock shows now. */
  now(): number {
    return pageClock() + this.#offset;
  }

  async #ask(): Promise<void> {
    let quickest = Number.POSITIVE_INFINITY;
    for (let turn = 0; turn < questions; turn++) {
      const asked = pageClock();
      const answer = await fetch('api/clock').catch(() => undefined);
      if (answer?.ok !== true) return;
      const { nowMs } = (await answer.json()) as { nowMs: number };
      const answered = pageClock();
      if (answered - asked >= quickest) continue;
      quickest = answered - asked;
      const offset = nowMs - (asked + answered) / 2;
      // Within half of the round trip both clocks may as well be the same.
      this.#offset = Math.abs(offset) <= quickest / 2 + 1 ? 0 : offset;
    }
  }
}

function pageClock(): number {
  return performance.timeOrigin + performance.now();
}
