import fc from 'fast-check';
import { inHeaders, SendPlan } from '../../src/rtp/index.js';

/** One step of a plan, in figures. */
export type Step =
  | { readonly kind: 'packet'; readonly header: number; readonly pieces: readonly [number, number, boolean][] }
  | {
      readonly kind: 'fragments';
      readonly count: number;
      readonly sequence: number;
      readonly headers: readonly [number, number, number];
      readonly payloads: readonly [number, number, number];
    };

/** Bytes of the unit that arbitrary plans cut up. */
export const unitBytes = 96_000;

/** A unit whose bytes tell where they are from. */
export const unit = Uint8Array.from({ length: unitBytes }, (_, at) => (at * 31 + (at >> 8)) & 255);

const packet = fc.record({
  kind: fc.constant('packet' as const),
  header: fc.integer({ min: 12, max: 40 }),
  pieces: fc.array(fc.tuple(fc.integer({ min: 0, max: 60_000 }), fc.integer({ min: 0, max: 900 }), fc.boolean()), {
    maxLength: 6,
  }),
});

const headerBytes = fc.integer({ min: 12, max: 30 });
const payloadBytes = fc.oneof(fc.integer({ min: 0, max: 1500 }), fc.constant(1386));

const fragments = fc.record({
  kind: fc.constant('fragments' as const),
  count: fc.oneof(fc.constant(2), fc.integer({ min: 2, max: 60 })),
  sequence: fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.constant(65_520)),
  headers: fc.oneof(
    fc.tuple(headerBytes, headerBytes, headerBytes),
    headerBytes.map((bytes): [number, number, number] => [bytes, bytes, bytes]),
  ),
  payloads: fc.oneof(
    fc.tuple(payloadBytes, payloadBytes, payloadBytes),
    fc.tuple(payloadBytes, payloadBytes).map(([all, last]): [number, number, number] => [all, all, last]),
  ),
});

/** Plans as payloaders make them and as none does: trains, packets of pieces, sizes that go up and down. */
export const steps: fc.Arbitrary<Step[]> = fc.array(fc.oneof(packet, fragments), { minLength: 1, maxLength: 8 });

/** The plan of these steps. */
export function planOf(list: readonly Step[]): SendPlan {
  const plan = new SendPlan(16, 8); // grows from almost nothing
  for (const step of list) {
    if (step.kind === 'packet') addPacket(plan, step);
    else addFragments(plan, step);
  }
  return plan;
}

function header(plan: SendPlan, bytes: number, sequence: number): number {
  const offset = plan.header(bytes);
  plan.headers.fill(0xa0 + (bytes & 31), offset, offset + bytes);
  plan.headers.set([0x80, 96, sequence >> 8, sequence & 255], offset);
  return offset;
}

function addPacket(plan: SendPlan, { header: bytes, pieces }: Extract<Step, { kind: 'packet' }>): void {
  const at = header(plan, bytes, plan.packets);
  const step = plan.packet(at, bytes);
  for (const [offset, length, fromHeaders] of pieces) {
    if (fromHeaders) plan.piece(step, inHeaders + at, Math.min(bytes, length));
    else plan.piece(step, offset, length);
  }
}

function addFragments(plan: SendPlan, step: Extract<Step, { kind: 'fragments' }>): void {
  const shapes = step.headers.map((bytes, index) => ({
    headerOffset: header(plan, bytes, step.sequence),
    headerBytes: bytes,
    payloadBytes: step.payloads[index] as number,
  }));
  const [first, middle, last] = shapes as [(typeof shapes)[0], (typeof shapes)[0], (typeof shapes)[0]];
  plan.fragments(step.count, 100, first, middle, last);
}

/** A plan like that of a 4K stream: one run of 1,400-byte packets, the last one shorter. */
export function videoPlan(bytes: number, packetBytes = 1400): SendPlan {
  const plan = new SendPlan();
  const payloadBytes = packetBytes - 14;
  const count = Math.ceil(bytes / payloadBytes);
  const shape = { headerOffset: header(plan, 14, 7), headerBytes: 14, payloadBytes };
  plan.fragments(count, 0, shape, shape, { ...shape, payloadBytes: bytes - payloadBytes * (count - 1) });
  return plan;
}
