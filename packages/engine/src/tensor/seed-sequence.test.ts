import { expect, it } from 'vitest';
import fixture from '../../../../tests/fixtures/noise.json' with { type: 'json' };
import { seedSequence } from './seed-sequence.ts';

it.each([
  [0n, [], 4025752534],
  [42n, [], 387750627],
  [42n, [0, 0], 2102017995],
  [42n, [1, 1], 1058881542],
  [2n ** 32n + 5n, [6, 3], 3167909504],
])('GEN-02: entropy %s, spawn key %j: the known word', (entropy, key, word) => {
  expect([...seedSequence(entropy, key, { poolSize: 24, count: 1 })]).toEqual([word]);
});

it.each(fixture.seedSequences)('entropy $entropy, spawn key $key: the words of numpy', ({ entropy, key, words }) => {
  expect([...seedSequence(BigInt(entropy), key, { poolSize: 24, count: 30 })]).toEqual(words);
});
