import { fileName } from '../weights/evidence.ts';
import type { TensorIndex } from '../weights/tensor-index.ts';
import type { Words } from '../words.ts';

/** How a model that was made for a few steps is drawn with. */
export interface FewSteps {
  readonly title: string;
  readonly steps: number;
  readonly sampler: string;
  readonly scheduler: string;
  readonly cfg: number;
}

interface Sign extends FewSteps {
  /** In names of files and titles; the first group is a number of steps. */
  readonly name: RegExp;
  /** A tensor that only such checkpoints have. */
  readonly tensor?: RegExp;
}

/** As their authors use them: the model cards of LCM-LoRA, SDXL-Lightning, Hyper-SD and SDXL Turbo. */
const SIGNS: readonly Sign[] = [
  {
    title: 'LCM',
    name: /(?<![a-z])lcm(?![a-z])/i,
    // Its guidance goes in as an embedding.
    tensor: /(?:time_embed|time_embedding)\.cond_proj\.weight$/,
    steps: 4,
    sampler: 'LCM',
    scheduler: 'SGM Uniform',
    cfg: 1.5,
  },
  {
    title: 'Lightning',
    name: /lightning(?:.*?(\d+)[-_ ]?steps?)?/i,
    steps: 4,
    sampler: 'Euler',
    scheduler: 'SGM Uniform',
    cfg: 1,
  },
  {
    title: 'Hyper-SD',
    name: /hyper[-_ ]?sd(?:.*?(\d+)[-_ ]?steps?)?/i,
    steps: 8,
    sampler: 'Euler',
    scheduler: 'SGM Uniform',
    cfg: 1,
  },
  {
    title: 'Turbo',
    name: /(?:sd(?:xl)?|xl)[-_ .\d]*turbo/i,
    steps: 4,
    sampler: 'Euler a',
    scheduler: 'Automatic',
    cfg: 1,
  },
];

/** Notes of trainers that hold a name. */
const NAMES = ['ss_output_name', 'modelspec.title', 'ss_base_model_version'] as const;

/** What a checkpoint or add-on wants that was made for a few steps; undefined for others. Told by its tensors or its names. */
export function fewStepsOf({
  file,
  metadata,
  tensors,
}: Pick<TensorIndex, 'file' | 'metadata' | 'tensors'>): FewSteps | undefined {
  const names = [fileName(file), ...NAMES.map((name) => metadata.get(name) ?? '')];
  for (const { name, tensor, ...ways } of SIGNS) {
    const match = names.map((text) => name.exec(text)).find((found) => found !== null);
    const has = tensor !== undefined && [...tensors.keys()].some((key) => tensor.test(key));
    if (match !== undefined || has) return { ...ways, steps: Number(match?.[1] ?? ways.steps) };
  }
  return undefined;
}

/** What is offered to people. */
export function describeFewSteps({ title, steps, sampler, scheduler, cfg }: FewSteps): Words {
  const how = [sampler, ...(scheduler === 'Automatic' ? [] : [scheduler])].join(' ');
  return {
    en: `it is made for few steps (${title}): ${steps} steps, ${how}, CFG ${cfg}`,
    zh: `它为少步数而作（${title}）：${steps} 步，${how}，CFG ${cfg}`,
  };
}
