import type { Mistake } from '../../scripts/mistake.ts';

// Mistakes with hypernetworks, each of which some program has made: the picture is another one, or as if nothing had been applied.

const engine = 'packages/engine/src/hypernetworks';
const runs = ['tests/hypernetwork-runs.test.ts'];
const jobs = ['packages/studio/src/jobs/draw-add-ons.test.ts'];

export const mistakes: Mistake[] = [
  {
    id: 'hypernetwork-text-only',
    what: 'only attention to the text is changed',
    file: `${engine}/apply-hypernetworks.ts`,
    find: 'if (forKeys === undefined || forValues === undefined) return value;',
    replace: "if (forKeys?.kind !== 'input' || forValues === undefined) return value;",
    tests: runs,
  },
  {
    id: 'hypernetwork-keys-values',
    what: 'the networks for keys and values are swapped',
    file: `${engine}/hypernetwork-file.ts`,
    find: 'keys: layersOf(forKeys), values: layersOf(forValues)',
    replace: 'keys: layersOf(forValues), values: layersOf(forKeys)',
    tests: runs,
  },
  {
    id: 'hypernetwork-residual',
    what: 'a network replaces its input instead of adding to it',
    file: `${engine}/apply-hypernetworks.ts`,
    find: 'keys = add(keys, multiply(',
    replace: 'keys = add(multiply(keys, keys), multiply(',
    tests: runs,
  },
  {
    id: 'hypernetwork-output',
    what: 'the activation stands behind the last layer, whatever the file says',
    file: `${engine}/hypernetwork-file.ts`,
    find: "note(index, 'activate_output') !== false",
    replace: 'true',
    tests: runs,
  },
  {
    id: 'hypernetwork-norm-first',
    what: 'the norm stands in front of the activation',
    file: `${engine}/apply-hypernetworks.ts`,
    find: 'const active = i < layers.length - 1 || activatesOutput ? activation(made, layer.slope) : made;',
    replace:
      'const active = i < layers.length - 1 || activatesOutput ? activation(layer.norm === undefined ? made : layerNorm(made, layer.norm.weight, layer.norm.bias, { epsilon: NORM_EPSILON }), layer.slope) : made;',
    tests: runs,
  },
  {
    id: 'hypernetwork-swish',
    what: 'swish is taken for SiLU',
    file: `${engine}/activations.ts`,
    find: '  swish: hardSwish',
    replace: '  swish: (x) => silu(x)',
    tests: runs,
  },
  {
    id: 'hypernetwork-parallel',
    what: 'of several hypernetworks each looks at the original',
    file: `${engine}/apply-hypernetworks.ts`,
    find: 'smallNetwork(keys, own.keys, hypernetwork)',
    replace: 'smallNetwork(source, own.keys, hypernetwork)',
    tests: runs,
  },
  {
    id: 'hypernetwork-strength',
    what: 'the strength is not fed',
    file: `${engine}/apply-hypernetworks.ts`,
    find: 'data: Float32Array.of(strength)',
    replace: 'data: Float32Array.of(1)',
    tests: runs,
  },
  {
    id: 'hypernetwork-wrong-base',
    what: 'one for another base is applied as far as it fits, without a word',
    file: `${engine}/fit-hypernetwork.ts`,
    find: 'if (fits && (others.length === 0 || context.force)) return;',
    replace: 'return;',
    tests: jobs,
  },
];
