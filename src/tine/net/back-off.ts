/** Growing pauses between attempts: 250 ms, doubled each time, never above 10 s. */
export class BackOff {
  static readonly first = 250;
  static readonly most = 10_000;
  #next = BackOff.first;

  /** The pause before the next attempt, in milliseconds. */
  next(): number {
    const pause = this.#next;
    this.#next = Math.min(BackOff.most, pause * 2);
    return pause;
  }

  /** Something worked: the next pause is short again. */
  reset(): void {
    this.#next = BackOff.first;
  }
}
