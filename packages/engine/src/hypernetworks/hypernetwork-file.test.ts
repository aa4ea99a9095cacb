import { describe, expect, it } from 'vitest';
import { modelOf, tensorOf } from '../../../../tests/made-files.ts';
import { type Hypernetwork, openHypernetwork } from './hypernetwork-file.ts';

type Tensors = Parameters<typeof modelOf>[1];

/** The layers of both networks for width 4, each as the shapes of its weight and bias. */
function pair(layers: Readonly<Record<string, readonly (readonly number[])[]>>): Tensors {
  const entries = [0, 1].flatMap((net) =>
    Object.entries(layers).flatMap(([name, [weight, bias]]) => [
      [`4.${net}.${name}.weight`, tensorOf(weight!)] as const,
      ...(bias === undefined ? [] : [[`4.${net}.${name}.bias`, tensorOf(bias)] as const]),
    ]),
  );
  return Object.fromEntries(entries);
}

async function open(tensors: Tensors, notes: Readonly<Record<string, string>> = {}): Promise<Hypernetwork> {
  const { index, source } = await modelOf('style.safetensors', tensors, notes);
  return openHypernetwork(index, async ({ offset, length }) => source.read(offset, length));
}

const plain = { 'linear.0': [[8, 4], [8]], 'linear.1': [[4, 8], [4]] };
const sloped = { 'linear.0': [[8, 4], [8]], 'linear.1': [[1]], 'linear.3': [[4, 8], [4]] };

describe('HN-01: a hypernetwork file', () => {
  it('without notes is linear, and active at its end as old files are', async () => {
    const { activationName, activatesOutput, byWidth, tensorCount } = await open(pair(plain));
    expect([activationName, activatesOutput, [...byWidth.keys()], tensorCount]).toEqual(['linear', true, [4], 8]);
  });

  it('of the first kind calls its layers linear1 and linear2', async () => {
    const { byWidth } = await open(pair({ linear1: plain['linear.0'], linear2: plain['linear.1'] }));
    expect(byWidth.get(4)!.keys.map(({ weight }) => weight.shape)).toEqual([
      [8, 4],
      [4, 8],
    ]);
  });

  it('has a slope for each prelu that is used', async () => {
    const notes = { activation_func: 'prelu', activate_output: 'false' };
    expect((await open(pair(sloped), notes)).byWidth.get(4)!.values.map(({ slope }) => slope?.shape)).toEqual([
      [1],
      undefined,
    ]);
    await expect(open(pair(plain), notes)).rejects.toThrow('a learned slope for each prelu, found none');
    await expect(open(pair(sloped), { activation_func: 'prelu' })).rejects.toThrow('a learned slope for each prelu');
  });

  it.each<[string, Tensors, Readonly<Record<string, string>>, RegExp]>([
    [
      'another file',
      { 'down.weight': tensorOf([4, 4]) },
      {},
      /expected a hypernetwork.*found the tensor down.weight among 1/,
    ],
    ['nothing', {}, {}, /found no tensors/],
    [
      'layers that do not meet',
      pair({ ...plain, 'linear.1': [[4, 6], [4]] }),
      {},
      /a layer that takes 8 numbers, found one of shape \[4, 6\]/,
    ],
    ['a loose end', pair({ 'linear.0': [[8, 4], [8]] }), {}, /layers from 4 numbers back to 4, found 8/],
    ['a norm of another width', pair({ ...plain, 'linear.2': [[3], [3]] }), {}, /found a tensor of shape \[3\]/],
    ['no bias', pair({ 'linear.0': [[4, 4]] }), {}, /layers and norms with a bias each/],
    [
      'NaN',
      { ...pair(plain), '4.0.linear.0.bias': tensorOf([8], () => NaN) },
      {},
      /4.0.linear.0.bias: expected finite values, found NaN/,
    ],
    [
      'an activation without an effect',
      pair(plain),
      { activation_func: 'glu' },
      /found "glu". A1111 offers it, but no network works with it/,
    ],
    ['an unknown activation', pair(plain), { activation_func: 'constructor' }, /found "constructor"/],
  ])('with %s is refused', async (_, tensors, notes, message) => {
    await expect(open(tensors, notes)).rejects.toThrow(message);
  });
});
