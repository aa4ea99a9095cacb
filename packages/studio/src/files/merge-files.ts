import { copyFile, lstat, realpath } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type ChangeReport, type MergeInput, mergeRequest, type MergeRequest } from '@danqing/contract/file-changes';
import { DanqingError } from '@danqing/engine/errors';
import { parseBlockWeights } from '@danqing/engine/merging/block-weights';
import type { Interpolation, MergeChoices } from '@danqing/engine/merging/merge-choices';
import { mergedName, mergeMetadata } from '@danqing/engine/merging/merge-metadata';
import { planMerge } from '@danqing/engine/merging/plan-merge';
import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import type { Words } from '@danqing/engine/words';
import { buildFile } from '@danqing/node/files/build-file';
import { refuseExisting } from '@danqing/node/files/write-large-file';
import { readRequest } from '../read-request.ts';
import { bakeLoras } from './bake-loras.ts';
import { type ChangeOptions, tellBytes } from './change-options.ts';
import { hashMerged } from './hash-merged.ts';
import { outputPlace, stemOf } from './output-place.ts';
import { reportParts } from './report-parts.ts';
import { withModels } from './with-models.ts';

type Mode = NonNullable<MergeRequest['mode']>;
type Decided = MergeRequest & { readonly mode: Mode };

/** How many models each way to merge takes. */
const COUNTS: Readonly<Record<Mode, readonly [least: number, most: number]>> = {
  none: [1, 1],
  'weighted-sum': [2, 2],
  'add-difference': [3, 3],
  sum: [2, 100],
};

/**
 * Merges checkpoints into a new one, as A1111 does and beyond, or puts LoRAs into one; what went into it is written into its metadata.
 * @throws bad-value for a request that contradicts itself, add-ons, or models that have nothing in common; bad-shape for
 * models of different families; io for a file that exists or a full disk; what reading a model throws.
 */
export async function mergeFiles(input: MergeInput, options: ChangeOptions = {}): Promise<ChangeReport> {
  const startedMs = performance.now();
  const request = decideMode(readRequest(mergeRequest, input));
  checkCounts(request);
  await refuseSame(request);
  const paths = [...request.models, ...(request.vae === undefined ? [] : [request.vae])];
  return withModels(paths, async (open) => {
    const models = open.slice(0, request.models.length);
    const vae = open[request.models.length];
    const choices: MergeChoices = {
      interpolation: interpolationOf(
        request,
        models.map(({ index }) => index),
      ),
      half: request.half,
      ...(vae !== undefined && { vae: vae.index }),
      ...(request.discard !== undefined && { discard: patternOf(request.discard) }),
    };
    const plan = planMerge(choices);
    const { special } = plan;
    const { tensors, notes, loras, made } = await bakeLoras(request, models[0]!.index, plan);
    const named = loras.map((lora) => ({ ...lora, name: stemOf(lora.name) }));
    const name = mergedName(request.models.map(stemOf), choices, special, named);
    const place = await outputPlace(request, request.models[0]!, name);
    await refuseExisting(place.path, request.overwrite);
    const merged = place.container === 'torch' ? [] : await hashMerged(models, request.models, options);
    const facts = {
      customName: request.output === undefined ? '' : stemOf(place.path),
      vaeName: request.vae === undefined ? undefined : basename(request.vae),
      special,
      loras,
    };
    const metadata = merged.length === 0 ? new Map<string, string>() : mergeMetadata(merged, choices, facts);
    const built = await buildFile(
      { path: place.path, container: place.container, tensors, metadata, models: [...open, ...made] },
      {
        overwrite: request.overwrite,
        ...(options.signal && { signal: options.signal }),
        ...tellBytes('write', options),
      },
    );
    const config = await copyConfig(request, place.path);
    return {
      output: place.path,
      sizeBytes: built.sizeBytes,
      seconds: (performance.now() - startedMs) / 1000,
      parts: reportParts(built.tallies),
      notes: [...notes, ...noteWeights(request), ...config],
    };
  });
}

function decideMode(request: MergeRequest): Decided {
  const { mode, models, weights } = request;
  if (mode !== undefined) return { ...request, mode };
  if (weights !== undefined) return { ...request, mode: 'sum' };
  const byCount = [undefined, 'none', 'weighted-sum', 'add-difference'] as const;
  const decided = byCount[models.length];
  if (decided !== undefined) return { ...request, mode: decided };
  throw trouble('weights', `one for each of ${models.length} models`, 'none');
}

function checkCounts({ mode, models, weights, blockWeights, loras }: Decided): void {
  const [least, most] = COUNTS[mode];
  if (models.length < least || models.length > most) {
    throw trouble('models', least === most ? `${least} for ${mode}` : `${least} or more`, `${models.length}`);
  }
  if (mode === 'sum' && weights?.length !== models.length) {
    throw trouble('weights', `one for each of ${models.length} models`, `${weights?.length ?? 'none'}`);
  }
  if (mode !== 'sum' && weights !== undefined) throw trouble('weights', 'none, but for the sum of models', 'some');
  if (loras.length > 0 && mode !== 'none') {
    throw trouble('LoRA', 'one model to put them into', `${models.length}: merge these first`);
  }
  if (blockWeights !== undefined && mode !== 'weighted-sum' && mode !== 'add-difference') {
    throw trouble('block weights', 'weighted sum or add difference', mode);
  }
}

/** Merging a model with itself changes nothing, and is never meant. */
async function refuseSame({ mode, models }: Decided): Promise<void> {
  const real = await Promise.all(models.map((path) => realpath(path).catch(() => path)));
  // A + M·(A − C) makes sense; A + M·(B − B) does not.
  const compared = mode === 'add-difference' ? real.slice(1) : real;
  const twice = compared.find((path, i) => compared.indexOf(path) !== i);
  if (twice !== undefined) throw trouble(twice, 'models that differ', 'the same file twice');
}

function interpolationOf(request: Decided, indexes: readonly TensorIndex[]): Interpolation {
  const { mode, multiplier, weights, blockWeights } = request;
  const { base, blocks } = blockWeights === undefined ? {} : parseBlockWeights(blockWeights);
  const amount = { multiplier: base ?? multiplier, ...(blocks && { blocks }) };
  const [a, b, c] = indexes;
  switch (mode) {
    case 'none':
      return { mode, models: [a!] };
    case 'weighted-sum':
      return { mode, models: [a!, b!], ...amount };
    case 'add-difference':
      return { mode, models: [a!, b!, c!], ...amount };
    case 'sum':
      return { mode, models: indexes, weights: weights! };
  }
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw trouble('discard', 'a regular expression', error instanceof Error ? error.message : text);
  }
}

function noteWeights({ mode, weights = [] }: Decided): Words[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (mode !== 'sum' || Math.abs(sum - 1) < 1e-6) return [];
  const shown = Number(sum.toPrecision(4));
  return [{ en: `the weights add up to ${shown}, not to 1`, zh: `权重之和为 ${shown}，不是 1` }];
}

/** As A1111 does: the first model that has a configuration beside it lends it to the result. */
async function copyConfig({ models }: MergeRequest, output: string): Promise<Words[]> {
  const target = configOf(output);
  for (const config of models.map(configOf)) {
    if (config === target || !(await isFile(config)) || (await isFile(target))) continue;
    await copyFile(config, target);
    return [{ en: `copied ${config} to ${target}`, zh: `已把 ${config} 复制为 ${target}` }];
  }
  return [];
}

const configOf = (path: string): string => join(dirname(path), `${basename(path, extname(path))}.yaml`);

async function isFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === true;
}

const trouble = (where: string, expected: string, found: string): DanqingError =>
  new DanqingError('bad-value', { where, expected, found });
