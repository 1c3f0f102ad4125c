import { Child, type Program } from './child.js';
import { coreOf } from './cores.js';

/** What a producer may tell besides its processor time. */
const extras = ['write', 'memcpy', 'cachedMemcpy', 'round'] as const;

const roles = ['producer', 'consumer'] as const;
type Role = (typeof roles)[number];

/** A way for frames to get from one process into another. */
export interface Contender {
  /** Unique in its group; also the key of its figures. */
  readonly key: string;
  readonly label: string;
  /** Frames a round, and ms from one to the next: as many as its speed allows. */
  readonly frames: number;
  readonly intervalMs: number;
  /** Which side must be ready first. */
  readonly order: readonly Role[];
  /** A program for each side in that order, or one that is both. */
  readonly programs: readonly Program[];
}

/** What a contender's rounds showed. */
export interface Figures {
  /** From the moment before it was sent to the first pixel read, a frame, in microseconds. */
  readonly us: number[];
  /** Processor time of a frame at either side, in microseconds, a round. */
  readonly producerCpu: number[];
  readonly consumerCpu: number[];
  /** What else the producer measured, in microseconds: see its program. */
  readonly write: number[];
  readonly memcpy: number[];
  readonly cachedMemcpy: number[];
  readonly round: number[];
}

/** Longest time that a start or a round may take, in ms. */
const patienceMs = 30_000;

function inTime<T>(promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${patienceMs / 1000} s`)), patienceMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** A contender whose processes run. */
export class Pair {
  readonly figures: Figures = {
    us: [],
    producerCpu: [],
    consumerCpu: [],
    write: [],
    memcpy: [],
    cachedMemcpy: [],
    round: [],
  };
  readonly #children: { child: Child; role: Role }[] = [];

  private constructor(readonly contender: Contender) {}

  /** Starts the processes, one after the other, each as soon as the one before is ready. */
  static async start(contender: Contender): Promise<Pair> {
    const pair = new Pair(contender);
    try {
      for (const [index, role] of contender.order.entries()) await pair.#startRole(role, contender.programs[index]);
      return pair;
    } catch (error) {
      await pair.stop();
      throw error;
    }
  }

  async #startRole(role: Role, program: Program | undefined): Promise<void> {
    const { label, programs } = this.contender;
    const core = programs.length === 2 ? coreOf?.[role] : undefined;
    const child = program === undefined ? this.#children[0]?.child : new Child(program, core);
    if (child === undefined) throw new Error(`${label}: no program`);
    this.#children.push({ child, role });
    await inTime(child.line(role), `${label}: start of the ${role}`);
  }

  #child(role: Role): Child {
    return this.#children.find((entry) => entry.role === role)?.child as Child;
  }

  /** One round; its figures are added unless it is for warming up. */
  async round(warmUp: boolean): Promise<void> {
    this.#child('producer').go();
    const lines = Promise.all(roles.map((role) => this.#child(role).line(role)));
    const [producer, consumer] = await inTime(lines, `${this.contender.label}: a round`);
    if (warmUp || producer === undefined || consumer === undefined) return;
    const perFrame = (seconds: unknown) => ((seconds as number) * 1e6) / this.contender.frames;
    this.figures.us.push(...(consumer.us as number[]));
    this.figures.producerCpu.push(perFrame(producer.cpu));
    this.figures.consumerCpu.push(perFrame(consumer.cpu));
    for (const extra of extras) this.figures[extra].push(...((producer[extra] as number[] | undefined) ?? []));
  }

  /** Ends the processes: the producer first, so that the consumer sees the end. */
  async stop(): Promise<void> {
    const producers = this.#children.filter(({ role }) => role === 'producer');
    const others = this.#children.filter(({ role }) => role !== 'producer');
    for (const { child } of [...producers, ...others]) await child.stop();
  }
}
