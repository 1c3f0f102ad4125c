/**
 * Damerau-Levenshtein distance (optimal string alignment): letters to insert, delete, replace or swap with their
 * neighbour to get from one word to the other.
 */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const replaced = (last[column - 1] as number) + (from[row - 1] === to[column - 1] ? 0 : 1);
      let best = Math.min(replaced, (last[column] as number) + 1, (current[column - 1] as number) + 1);
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (row > 1 && column > 1 && swapped) best = Math.min(best, (beforeLast[column - 2] as number) + 1);
      current.push(best);
    }
    beforeLast = last;
    last = current;
  }
  return last[to.length] as number;
}

/**
 * The known word that somebody probably meant, or undefined when none is near enough: at most 1 slip in words of up to
 * 3 letters, 2 up to 7, 3 beyond. Words longer than 40 letters are not compared.
 */
export function nearestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 40) return undefined;
  const allowed = word.length <= 3 ? 1 : word.length <= 7 ? 2 : 3;
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The end of an error message: ` (did you mean "fps"?)`, or the known words where none is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const nearest = nearestWord(word, known);
  if (nearest !== undefined) return `did you mean "${nearest}"?`;
  return known.length === 0 ? 'there are none' : `known: ${known.join(', ')}`;
}
