/** One thing that `framelane doctor` looked at. */
export interface Check {
  readonly name: string;
  /** `warn`: something works less well or not at all without it; `fail`: nothing works without it. */
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was found. */
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** It is as it should be. */
export const ok = (name: string, detail: string): Check => ({ name, status: 'ok', detail });

/** It could be better. */
export const warn = (name: string, detail: string, advice: string): Check => ({ name, status: 'warn', detail, advice });

/** It must be changed. */
export const fail = (name: string, detail: string, advice: string): Check => ({ name, status: 'fail', detail, advice });
