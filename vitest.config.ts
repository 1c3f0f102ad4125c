import { defineConfig } from 'vitest/config';

/** Tests that measure rates, times and memory: each has the machine for itself, after all the others. */
const measuring = [
  'test/net/processes.test.ts',
  'test/rtp/packet.test.ts',
  'test/tine/net/loopback.test.ts',
  'test/view/viewers.test.ts',
];

// Campaigns have commands of their own: npm run faults, npm run fuzz.
const campaigns = ['test/faults/**', 'test/fuzz/**'];

export default defineConfig({
  test: {
    // One process a file: native addons, signals and working directories stay apart.
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...campaigns, ...measuring],
          // All of the processors: many tests wait for timers, sockets and child processes.
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: 'alone', include: measuring, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
