import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Two cores: two processes at most, each with its own ONNX Runtime.
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'engine',
          include: ['packages/engine/src/**/*.test.ts'],
          // It keeps nothing but caches, so its files share their processes: half the time goes into loading it otherwise.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'rooms',
          include: [
            'packages/*/src/**/*.test.ts',
            'apps/*/src/**/*.test.ts',
            'tests/**/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: ['**/node_modules/**', 'packages/engine/**'],
        },
      },
    ],
  },
});
