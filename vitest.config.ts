import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Campaigns have commands of their own: npm run faults, npm run fuzz.
    exclude: ['test/faults/**', 'test/fuzz/**'],
    // One process a file: native addons, signals and working directories stay apart.
    pool: 'forks',
    // All of the processors: many tests wait for timers, sockets and child processes.
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
