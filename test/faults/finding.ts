/** A line of the table: something that was tried, how often, and what came of it. */
export interface Row {
  readonly campaign: string;
  readonly what: string;
  /** How often it was tried. */
  readonly tried: number;
  readonly unit: string;
  /** Broken promises. */
  readonly found: number;
  /** For a broken variant of the protocol: it must be found. */
  readonly mustFind?: boolean;
  /** The first finding, or why it was not tried. */
  readonly note: string;
  readonly skipped?: boolean;
}

/** Whether a row is as it must be. */
export function isGood(row: Row): boolean {
  if (row.skipped) return true;
  return row.tried > 0 && row.found > 0 === (row.mustFind ?? false);
}

/** How a row reads. */
export function formatRow(row: Row): string {
  const verdict = row.skipped
    ? 'skipped'
    : isGood(row)
      ? row.mustFind
        ? 'caught'
        : 'ok'
      : row.mustFind
        ? 'MISSED'
        : 'BROKEN';
  const tried = `${row.tried.toLocaleString('en')} ${row.unit}`;
  const note = row.note === '' ? '' : `  ${row.note}`;
  return `${row.campaign.padEnd(8)} ${row.what.padEnd(52)} ${tried.padStart(20)} ${`${row.found} found`.padStart(10)}  ${verdict}${note}`;
}
