/** A vitest reporter that writes how many tests passed, failed and were skipped, and why, to $FRAMELANE_COUNTS. */
import { writeFileSync } from 'node:fs';

export default class CountReporter {
  onTestRunEnd(modules, unhandledErrors) {
    const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0, reasons: [] };
    for (const module of modules) {
      // A file that does not load, or whose hooks fail, has tests that never ran: each such error counts.
      counts.failed += module.errors().length;
      for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
      for (const test of module.children.allTests()) {
        const { state, note } = test.result();
        if (state === 'passed' || state === 'failed') counts[state]++;
        else {
          counts.skipped++;
          counts.reasons.push(`${module.relativeModuleId}: ${test.fullName} (${note ?? 'no reason given'})`);
        }
      }
    }
    writeFileSync(process.env.FRAMELANE_COUNTS, JSON.stringify(counts));
  }
}
