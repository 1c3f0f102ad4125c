import { type Contender, type Figures, Pair } from './contender.js';
import type { Effort } from './effort.js';
import type { Picture } from './picture.js';
import { futexContender, ringCases, ringContender } from './rings.js';
import { type Rival, rivals } from './rivals.js';
import { noPython, python } from './tools.js';
import type { Workshop } from './workshop.js';

/** What a group of contenders showed, all measured in turn. */
export interface GroupResult {
  readonly picture: Picture;
  readonly measured: { readonly contender: Contender; readonly figures: Figures }[];
  /** Label and reason. */
  readonly skipped: { readonly label: string; readonly reason: string }[];
}

async function candidates(workshop: Workshop, picture: Picture, effort: Effort): Promise<Rival[]> {
  const rings = ringCases.map((ringCase): Rival => {
    if (ringCase.to === 'Python' && python === undefined) return { label: ringCase.key, skipped: noPython };
    return ringContender(workshop, ringCase, picture, effort);
  });
  return [
    futexContender(workshop, effort.ringFrames),
    ...rings,
    ...(await rivals(workshop, picture, effort.rivalFrames)),
  ];
}

/** Starts all contenders of a size and gives each a round in turn, so that noise of the machine meets all alike. */
export async function measureGroup(workshop: Workshop, picture: Picture, effort: Effort): Promise<GroupResult> {
  const result: GroupResult = { picture, measured: [], skipped: [] };
  const pairs: Pair[] = [];
  try {
    for (const candidate of await candidates(workshop, picture, effort)) {
      if ('skipped' in candidate) result.skipped.push({ label: candidate.label, reason: candidate.skipped });
      else pairs.push(await Pair.start(candidate));
    }
    for (let round = -1; round < effort.rounds; round++) {
      for (const pair of pairs) await pair.round(round < 0);
    }
  } finally {
    await Promise.all(pairs.map((pair) => pair.stop()));
  }
  result.measured.push(...pairs.map(({ contender, figures }) => ({ contender, figures })));
  return result;
}
