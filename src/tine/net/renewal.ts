/** Periods of one second that a subscription lasts at least: a counter starts at 60 a second and up to 99 more. */
const termFrames = 60;

/**
 * Decides from the counter of each frame when a subscription must be renewed: on the first frame below 10 * m, once
 * more below 5 * m, where m is the frames a second (1 at least). A server with a longer or shorter term scales m.
 */
export class Renewal {
  #previous = -1;
  #scale = 1;
  #sent = 0;

  /** A new subscription: its first counter is still to come. */
  begin(): void {
    this.#previous = -1;
  }

  /** Whether to renew now, having seen a frame with that counter at that interval (ms). */
  due(counter: number, interval: number): boolean {
    if (this.#previous < 0 || counter > this.#previous) this.#startTerm(counter, interval);
    this.#previous = counter;
    if (counter >= 10 * this.#scale || this.#sent >= 2) return false;
    if (this.#sent === 1 && counter >= 5 * this.#scale) return false;
    this.#sent++;
    return true;
  }

  #startTerm(counter: number, interval: number): void {
    const asked = Math.max(1, Math.floor(1000 / interval));
    const given = Math.max(1, Math.floor(counter / termFrames));
    const usual = counter <= 2 * (termFrames * asked + 99);
    this.#scale = usual ? Math.min(asked, given) : given;
    this.#sent = 0;
  }
}
