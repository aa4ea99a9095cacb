import { dirname } from 'node:path';
import type { ChangeReport, RankChoice } from '@danqing/contract/file-changes';
import { shapeOf } from '@danqing/engine/adapters/matrices';
import { DanqingError } from '@danqing/engine/errors';
import type { RankRule } from '@danqing/engine/low-rank/rank-rule';
import { isConvolution, type LowRankLayer } from '@danqing/engine/merging/loras/low-rank-layer';
import { type NewLayer, layerTensors } from '@danqing/engine/merging/loras/new-layer';
import {
  type ApproximatedLayer,
  approximateLayer,
  exactLayer,
  type RankRules,
} from '@danqing/engine/merging/loras/new-layers';
import { itemBytes } from '@danqing/engine/tensor/dtype';
import type { FloatDType } from '@danqing/engine/tensor/encode';
import type { MadeTensor } from '@danqing/engine/weights/formula';
import type { Words } from '@danqing/engine/words';
import { buildFile } from '@danqing/node/files/build-file';
import { checkFreeSpace } from '@danqing/node/files/free-space';
import { refuseExisting } from '@danqing/node/files/write-large-file';
import { LowRankThreads } from '@danqing/node/low-rank/low-rank-threads';
import { type ChangeOptions, tellBytes } from './change-options.ts';
import { type OutputChoice, outputPlace } from './output-place.ts';
import { reportParts } from './report-parts.ts';

const DTYPES: Readonly<Record<RankChoice['precision'], FloatDType>> = { fp32: 'F32', fp16: 'F16', bf16: 'BF16' };

/** A LoRA that is to be made. */
export interface LoraPlan {
  readonly layers: readonly LowRankLayer[];
  /** Undefined: the products of the layers as they are. */
  readonly rules: RankRules | undefined;
  readonly precision: RankChoice['precision'];
  readonly metadata: ReadonlyMap<string, string>;
  /** File that the name is made from, and the name where none is said. */
  readonly first: string;
  readonly stem: string;
  readonly notes: readonly Words[];
}

/** The rules of a request. @param most where it says neither rank nor quality. */
export function rulesOf({ rank, convRank, quality }: RankChoice, most = Infinity): RankRules {
  const ruleOf = (limit: number): RankRule => ({ by: 'rank', value: limit, most: limit, ...quality });
  return { rule: ruleOf(rank ?? most), convolutions: ruleOf(convRank ?? rank ?? most) };
}

/**
 * Works out the layers of a LoRA, in threads, and writes it: whole or not at all.
 * @throws io for a file that exists or too little room, before the work; the signal's reason.
 */
export async function writeLora(
  plan: LoraPlan,
  request: OutputChoice & { readonly overwrite: boolean },
  options: ChangeOptions,
): Promise<ChangeReport> {
  const startedMs = performance.now();
  const { path, container } = await outputPlace(request, plan.first, plan.stem);
  await refuseExisting(path, request.overwrite);
  const dtype = DTYPES[plan.precision];
  await checkFreeSpace(dirname(path), largestSize(plan, itemBytes(dtype)));
  const { tensors, notes } = await makeLayers(plan, dtype, options);
  const metadata = container === 'torch' ? new Map<string, string>() : plan.metadata;
  const built = await buildFile(
    { path, container, tensors, metadata, models: [] },
    { overwrite: request.overwrite, ...(options.signal && { signal: options.signal }), ...tellBytes('write', options) },
  );
  return {
    output: path,
    sizeBytes: built.sizeBytes,
    seconds: (performance.now() - startedMs) / 1000,
    parts: reportParts(built.tallies),
    notes: [...plan.notes, ...notes],
  };
}

/** Bytes of the file at most, as far as the rules limit it. */
function largestSize({ layers, rules }: LoraPlan, bytes: number): number {
  return layers.reduce((total, layer) => {
    const { most } = rules?.[isConvolution(layer) ? 'convolutions' : 'rule'] ?? { most: Infinity };
    const [out, within] = shapeOf(layer.matrix) as [number, number];
    return Number.isFinite(most) ? total + Math.min(most, out, within) * (out + within) * bytes : total;
  }, 0);
}

async function makeLayers({ layers, rules, first }: LoraPlan, dtype: FloatDType, options: ChangeOptions) {
  const sizes = new Map(layers.map((layer) => [layer, shapeOf(layer.matrix).reduce((a, b) => a * b, 4)]));
  const total = [...sizes.values()].reduce((a, b) => a + b, 0);
  const { onProgress } = tellBytes('approximate', options);
  // The largest first: what is left goes faster than it is told, and the threads end together.
  const waiting = [...layers].sort((a, b) => sizes.get(b)! - sizes.get(a)!);
  const made = new Map<LowRankLayer, { readonly rank: number; readonly tensors: MadeTensor[] }>();
  const energy = { kept: 0, all: 0 };
  let [done, next] = [0, 0];
  const threads = new LowRankThreads(options.signal);
  const work = async (): Promise<void> => {
    for (let layer = waiting[next++]; layer !== undefined; layer = waiting[next++]) {
      options.signal?.throwIfAborted();
      const found: (NewLayer & Partial<ApproximatedLayer>) | undefined =
        rules === undefined ? await exactLayer(layer, threads) : await approximateLayer(layer, rules, threads);
      if (found !== undefined) {
        made.set(layer, { rank: found.rank, tensors: layerTensors(found, dtype) });
        energy.kept += found.kept ?? 0;
        energy.all += found.all ?? 0;
      }
      onProgress?.((done += sizes.get(layer)!), total);
    }
  };
  try {
    await Promise.all(Array.from({ length: threads.count }, work));
  } finally {
    await threads.close();
  }
  const inOrder = layers.flatMap((layer) => made.get(layer) ?? []);
  if (inOrder.length === 0) {
    throw new DanqingError('bad-value', { where: first, expected: 'a change of some layer', found: 'none' });
  }
  return {
    tensors: inOrder.flatMap(({ tensors }) => tensors),
    notes: describe(
      inOrder.map(({ rank }) => rank),
      layers.length,
      energy,
    ),
  };
}

function describe(
  ranks: readonly number[],
  count: number,
  energy: { readonly kept: number; readonly all: number },
): Words[] {
  const [least, most] = [Math.min(...ranks), Math.max(...ranks)];
  const range = least === most ? `${least}` : `${least}–${most}`;
  const notes: Words[] = [{ en: `${ranks.length} layers of rank ${range}`, zh: `${ranks.length} 层，秩 ${range}` }];
  const same = count - ranks.length;
  if (same > 0) {
    notes.push({ en: `${same} layers are the same in both and left out`, zh: `${same} 层两者相同，已略去` });
  }
  if (energy.all > 0) {
    const share = (100 * Math.sqrt(energy.kept / energy.all)).toFixed(2);
    notes.push({ en: `it holds ${share} % of the change (by norm)`, zh: `保留了改变量的 ${share} %（按范数）` });
  }
  return notes;
}
