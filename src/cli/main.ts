#!/usr/bin/env node
import { runCli } from './program.js';

// Whoever reads our output may go away (`framelane ls | head`): no reason for a stack trace.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await runCli(process.argv.slice(2));
