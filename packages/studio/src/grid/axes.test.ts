import type { RecipeInput } from '@danqing/contract/recipe';
import { splitValues } from '@danqing/engine/grid/read-values';
import { describe, expect, it } from 'vitest';
import { axes, findAxis } from './axes.ts';
import type { AxisHands } from './axis.ts';

const hands: AxisHands = { checkpointNamed: async (name) => Promise.resolve(`/models/${name}`), drawSeed: () => 4711 };
const base: RecipeInput = {
  prompt: 'a red fox, (snow:1.2) <lora:Ink:0.8:0.5>',
  negativePrompt: 'red',
  loras: [{ name: 'other.safetensors', weight: 1 }],
};

async function places(name: string, values: string) {
  const read = await findAxis(name).read(splitValues(values), hands);
  return read.map((place) => ({ label: place.label, recipe: place.apply(base) }));
}

describe('axes', () => {
  it.each([
    ['checkpoint', 'a.safetensors', 'a.safetensors', { checkpoint: '/models/a.safetensors' }],
    ['Checkpoint name', 'x', 'x', { checkpoint: '/models/x' }],
    ['VAE', 'None', 'VAE: None', { vae: 'None' }],
    ['vae', 'auto', 'VAE: auto', { vae: 'automatic' }],
    ['seed', '-1', 'Seed: 4711', { seed: 4711 }],
    ['Var. seed', '3', 'Var. seed: 3', { subseed: 3 }],
    ['Var. strength', '0.3', 'Var. strength: 0.3', { subseedStrength: 0.3 }],
    ['steps', '30', 'Steps: 30', { steps: 30 }],
    ['cfg', '3.5', 'CFG Scale: 3.5', { cfgScale: 3.5 }],
    ['sampler', 'Euler a', 'Euler a', { sampler: 'Euler a' }],
    ['scheduler', 'Karras', 'Schedule type: Karras', { scheduler: 'Karras' }],
    ['clip skip', '2', 'Clip skip: 2', { clipSkip: 2 }],
    ['size', '512x768', 'Size: 512x768', { width: 512, height: 768 }],
    ['refiner', 'r', 'r', { refiner: { checkpoint: '/models/r' } }],
    ['refiner', 'None', 'None', { refiner: undefined }],
    ['rng', 'GPU', 'RNG source: GPU', { rng: 'nv' }],
    ['Sigma Churn', '5', 'Sigma Churn: 5', { options: { s_churn: 5 } }],
    ['eta_ddim', '0.5', 'eta_ddim: 0.5', { options: { eta_ddim: 0.5 } }],
    ['Prompt S/R', 'red', 'red', {}],
    ['lora:Ink', '0.5', 'lora:Ink: 0.5', { prompt: 'a red fox, (snow:1.2) <lora:Ink:0.5>' }],
    ['lora:ink.safetensors', '0', 'lora:ink.safetensors: 0', { prompt: 'a red fox, (snow:1.2) ' }],
    ['lora:New', '-0.5', 'lora:New: -0.5', { loras: [...base.loras!, { name: 'New', weight: -0.5 }] }],
    ['lora:other', '0', 'lora:other: 0', { loras: [] }],
  ])('GEN-04: %s = %s', async (name, value, label, changed) => {
    expect(await places(name, value)).toEqual([{ label, recipe: { ...base, ...changed } }]);
  });

  it('Prompt S/R puts each value in the place of the first, in both prompts', async () => {
    const [, second] = await places('Prompt S/R', 'red,deep blue');
    expect(second!.recipe).toMatchObject({
      prompt: 'a deep blue fox, (snow:1.2) <lora:Ink:0.8:0.5>',
      negativePrompt: 'deep blue',
    });
    await expect(places('Prompt S/R', 'green,blue')).rejects.toThrow('"green", which is in neither');
  });

  it('Prompt order puts words where other words stood', async () => {
    const orders = await places('Prompt order', 'red,fox,snow');
    expect(orders.map(({ recipe }) => recipe.prompt.split(',', 2).join(','))).toEqual([
      'a red fox, (snow:1.2) <lora:Ink:0.8:0.5>',
      'a red snow, (fox:1.2) <lora:Ink:0.8:0.5>',
      'a fox red, (snow:1.2) <lora:Ink:0.8:0.5>',
      'a fox snow, (red:1.2) <lora:Ink:0.8:0.5>',
      'a snow red, (fox:1.2) <lora:Ink:0.8:0.5>',
      'a snow fox, (red:1.2) <lora:Ink:0.8:0.5>',
    ]);
    await expect(places('order', 'red,owl')).rejects.toThrow('"owl", which is not');
  });

  it.each([
    ['steps', 'many', 'whole numbers'],
    ['sampler', 'Euler z', 'sampler'],
    ['scheduler', 'Karas', 'scheduler'],
    ['size', '512', 'width x height'],
    ['rng', 'dice', 'NV or CPU'],
    ['colour', '1', 'an axis: checkpoint'],
  ])('refuses %s = %s', async (name, value, expected) => {
    await expect(places(name, value)).rejects.toThrow(expected);
  });

  it('no name means two of them', () => {
    const names = axes.flatMap(({ label, names: others }) => [
      ...new Set([label, ...others].map((name) => name.toLowerCase())),
    ]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });
});
