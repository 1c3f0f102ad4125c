/**
 * What the Node programs of the ring benchmark have in common: a line on standard input starts a round, and a JSON line
 * on standard output ends it. The end of standard input ends the program.
 */
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** The plan of the coordinator: what to send, how often, over what. */
export const plan = JSON.parse(process.argv[2]);

/** Tells the coordinator something. */
export function tell(role, facts) {
  process.stdout.write(`${JSON.stringify({ role, ...facts })}\n`);
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Lets the event loop turn, after a pause if there is one. */
const turn = (ms) => (ms > 0 ? sleep(ms) : new Promise(setImmediate));

/**
 * Sends `plan.frames` frames, one each `plan.intervalMs`, for every line on standard input; for the first line
 * `plan.warmUp` frames without pauses, where the plan says so.
 */
export async function produce(send, facts = () => ({})) {
  tell('producer', { ready: true });
  let count = plan.warmUp ?? plan.frames;
  let pauseMs = plan.warmUp === undefined ? plan.intervalMs : 0;
  for await (const _ of createInterface(process.stdin)) {
    const before = cpuSeconds();
    for (let frame = 0; frame < count; frame++) {
      await turn(pauseMs);
      await send();
    }
    tell('producer', { cpu: cpuSeconds() - before, ...facts() });
    count = plan.frames;
    pauseMs = plan.intervalMs;
  }
}

/** Whether the frame of that number in its ring is the last of a round. */
export const endsRound = (sequence) => sequence >= plan.warmUp && (sequence - plan.warmUp) % plan.frames === 0;

/** Collects the latencies of a round, and tells them after its last frame. */
export class Latencies {
  #us = new Float64Array(plan.frames);
  #count = 0;
  #cpu = cpuSeconds();

  /** A frame that was sent at `sentAt` (CLOCK_MONOTONIC, ns) is here. */
  add(sentAt) {
    const us = Number(process.hrtime.bigint() - sentAt) / 1000;
    if (this.#count < plan.frames) this.#us[this.#count++] = us;
  }

  /** Ends the round. */
  tell() {
    tell('consumer', { us: [...this.#us.subarray(0, this.#count)], cpu: cpuSeconds() - this.#cpu });
    this.#count = 0;
    this.#cpu = cpuSeconds();
  }

  /** Ends the round if it has all its frames: for transports that lose none. */
  tellWhenFull() {
    if (this.#count === plan.frames) this.tell();
  }
}

/** Ends a consumer that no end of its transport ends. */
export function endWithInput() {
  process.stdin.resume().once('end', () => process.exit());
}

/** Writes the time into a frame's first 8 bytes: how rivals say when a frame was sent. */
export function stamp(frame) {
  frame.writeBigUInt64LE(process.hrtime.bigint());
}
