import { basename } from 'node:path';
import type { RecipeInput } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';
import { permutations, readNumbers } from '@danqing/engine/grid/read-values';
import { type OptionValue, optionNames } from '@danqing/engine/pipelines/options';
import { findSampler, findSchedule } from '@danqing/engine/sampling/find-sampler';
import type { AxisPlace, GridAxis } from './axis.ts';
import { orderWords, replaceText } from './prompt-changes.ts';
import { weighLora } from './weigh-lora.ts';

/** Costs of changes, dear to cheap: other weights, other adapted weights, other shapes, another text encoder graph, another run; a VAE only decodes. */
const COST = { checkpoint: 1, refiner: 0.9, lora: 0.5, size: 0.3, clipSkip: 0.2, run: 0.1, vae: 0 } as const;

type Change<T> = (recipe: RecipeInput, value: T) => RecipeInput;

const places = <T>(values: readonly T[], change: Change<T>, print: (value: T) => string, label = ''): AxisPlace[] =>
  values.map((value) => {
    const text = print(value);
    return { value: text, label: label === '' ? text : `${label}: ${text}`, apply: (recipe) => change(recipe, value) };
  });

function numbers(
  label: string,
  names: string[],
  isWhole: boolean,
  change: Change<number>,
  cost: number = COST.run,
): GridAxis {
  return {
    label,
    names,
    cost,
    async read(values) {
      const read = readNumbers(values, isWhole, `grid › ${label}`);
      return Promise.resolve(places(read, change, String, label));
    },
  };
}

function seeds(label: string, names: string[], change: Change<number>): GridAxis {
  return {
    label,
    names,
    cost: COST.run,
    async read(values, { drawSeed }) {
      const read = readNumbers(values, true, `grid › ${label}`).map((seed) => (seed === -1 ? drawSeed() : seed));
      return Promise.resolve(places(read, change, String, label));
    },
  };
}

interface TextSettings {
  readonly cost?: number;
  /** Whether the value alone is label enough. */
  readonly isBare?: boolean;
  /** @throws bad-value for what the axis cannot have. */
  readonly check?: (value: string) => void;
}

function texts(
  label: string,
  names: string[],
  change: Change<string>,
  { cost = COST.run, isBare = false, check }: TextSettings = {},
): GridAxis {
  return {
    label,
    names,
    cost,
    async read(values) {
      const given = values.filter((value) => value !== '');
      for (const value of given) check?.(value);
      return Promise.resolve(places(given, change, String, isBare ? '' : label));
    },
  };
}

function checkpoints(label: string, names: string[], cost: number, change: Change<string | undefined>): GridAxis {
  return {
    label,
    names,
    cost,
    async read(values, { checkpointNamed }) {
      return Promise.all(
        values.map(async (value) => {
          const isNone = value === '' || /^none$/i.test(value);
          const path = isNone ? undefined : await checkpointNamed(value);
          const shown = path === undefined ? value : basename(path);
          return { value: shown, label: shown, apply: (recipe) => change(recipe, path) };
        }),
      );
    },
  };
}

const setOption = (recipe: RecipeInput, name: string, value: OptionValue): RecipeInput => ({
  ...recipe,
  options: { ...recipe.options, [name]: value },
});

/** An option of `--set`, under its own name and that of A1111's grid. */
function option(name: string): GridAxis {
  const label = OPTION_LABELS[name] ?? name;
  return typeof optionNames.get(name)!.default === 'number'
    ? numbers(label, [name], false, (recipe, value) => setOption(recipe, name, value))
    : texts(label, [name], (recipe, value) => setOption(recipe, name, value));
}

/** Options that A1111's grid has, under the names that it has there. */
const OPTION_LABELS: Readonly<Record<string, string>> = {
  s_min_uncond: 'Negative Guidance minimum sigma',
  s_churn: 'Sigma Churn',
  s_tmin: 'Sigma min',
  s_tmax: 'Sigma max',
  s_noise: 'Sigma noise',
  sigma_min: 'Schedule min sigma',
  sigma_max: 'Schedule max sigma',
  rho: 'Schedule rho',
  eta_ancestral: 'Eta',
  uni_pc_order: 'UniPC Order',
  always_discard_next_to_last_sigma: 'Always discard next-to-last sigma',
  sgm_noise_multiplier: 'SGM noise multiplier',
};

/** Options that are axes under other names. */
const FIELDS_OF_THEIR_OWN = ['randn_source', 'CLIP_stop_at_last_layers'];

/** What a grid can vary by a fixed name; `lora:NAME` comes to it. */
export const axes: readonly GridAxis[] = [
  checkpoints('Checkpoint name', ['checkpoint', 'model'], COST.checkpoint, (recipe, checkpoint) => ({
    ...recipe,
    checkpoint,
  })),
  texts('VAE', [], (recipe, vae) => ({ ...recipe, vae: /^auto$/i.test(vae) ? 'automatic' : vae }), { cost: COST.vae }),
  seeds('Seed', [], (recipe, seed) => ({ ...recipe, seed })),
  seeds('Var. seed', ['subseed'], (recipe, subseed) => ({ ...recipe, subseed })),
  numbers('Var. strength', ['subseed strength'], false, (recipe, subseedStrength) => ({ ...recipe, subseedStrength })),
  numbers('Steps', [], true, (recipe, steps) => ({ ...recipe, steps })),
  numbers('CFG Scale', ['cfg'], false, (recipe, cfgScale) => ({ ...recipe, cfgScale })),
  {
    label: 'Prompt S/R',
    names: ['sr'],
    cost: COST.run,
    async read(values) {
      return Promise.resolve(places(values, (recipe, text) => replaceText(recipe, values[0]!, text), String));
    },
  },
  {
    label: 'Prompt order',
    names: ['order'],
    cost: COST.run,
    async read(values) {
      return Promise.resolve(places(permutations(values), orderWords, (order) => order.join(', ')));
    },
  },
  texts('Sampler', [], (recipe, sampler) => ({ ...recipe, sampler }), {
    isBare: true,
    check: (name) => void findSampler(name),
  }),
  texts('Schedule type', ['scheduler', 'schedule'], (recipe, scheduler) => ({ ...recipe, scheduler }), {
    check: (name) => void findSchedule(name),
  }),
  numbers('Clip skip', [], true, (recipe, clipSkip) => ({ ...recipe, clipSkip }), COST.clipSkip),
  texts('Size', [], sized, { cost: COST.size, check: (text) => void sized({ prompt: '' }, text) }),
  checkpoints('Refiner checkpoint', ['refiner'], COST.refiner, (recipe, checkpoint) => ({
    ...recipe,
    refiner: checkpoint === undefined ? undefined : { ...recipe.refiner, checkpoint },
  })),
  numbers('Refiner switch at', [], false, (recipe, switchAt) => ({
    ...recipe,
    refiner: recipe.refiner && { ...recipe.refiner, switchAt },
  })),
  texts(
    'RNG source',
    ['rng'],
    (recipe, source) => ({ ...recipe, rng: source.toLowerCase() === 'cpu' ? 'cpu' : 'nv' }),
    {
      check(source) {
        if (/^(?:gpu|nv|cpu)$/i.test(source)) return;
        throw new DanqingError('bad-value', {
          where: 'grid › RNG source',
          expected: 'NV or CPU',
          found: `"${source}"`,
        });
      },
    },
  ),
  ...[...optionNames.keys()].filter((name) => !FIELDS_OF_THEIR_OWN.includes(name)).map(option),
];

/** The axis that a name means, in any case and with any signs between its letters. @throws bad-value with the names there are. */
export function findAxis(name: string): GridAxis {
  const lora = /^\s*lora\s*:\s*(.+?)\s*$/i.exec(name)?.[1];
  if (lora !== undefined) return loraAxis(lora);
  const bare = (text: string): string => text.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
  const found = axes.find(({ label, names }) => [label, ...names].some((own) => bare(own) === bare(name)));
  if (found !== undefined) return found;
  throw new DanqingError('bad-value', {
    where: 'grid',
    expected: `an axis: ${axes.map(({ label, names: [short] }) => short ?? label).join(', ')}, or lora:NAME`,
    found: `"${name}"`,
  });
}

const loraAxis = (name: string): GridAxis =>
  numbers(`lora:${name}`, [], false, (recipe, weight) => weighLora(recipe, name, weight), COST.lora);

function sized(recipe: RecipeInput, text: string): RecipeInput {
  const match = /^(\d{1,5})\s*[x×]\s*(\d{1,5})$/i.exec(text);
  if (match !== null) return { ...recipe, width: Number(match[1]), height: Number(match[2]) };
  throw new DanqingError('bad-value', {
    where: 'grid › Size',
    expected: 'width x height, such as 512x768',
    found: `"${text}"`,
  });
}
