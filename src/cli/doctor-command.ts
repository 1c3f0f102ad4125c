import type { Check } from './check.js';
import { runChecks } from './doctor.js';
import { exitCodes } from './exit-codes.js';

const marks: Record<Check['status'], string> = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' };

/** `framelane doctor`: exit code 1 when something that everything needs is missing. */
export async function doctorCommand(options: { readonly json?: boolean }): Promise<number> {
  const checks = await runChecks();
  if (options.json === true) process.stdout.write(`${JSON.stringify(checks)}\n`);
  else {
    for (const { name, status, detail, advice } of checks) {
      process.stdout.write(
        `${marks[status]}  ${name.padEnd(18)} ${detail}${advice === undefined ? '' : ` -> ${advice}`}\n`,
      );
    }
  }
  return checks.some(({ status }) => status === 'fail') ? exitCodes.failed : exitCodes.ok;
}
