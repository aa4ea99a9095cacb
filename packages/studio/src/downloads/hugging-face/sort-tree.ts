import type { HubTreeEntry } from '@danqing/contract/hugging-face';
import { splitEnding } from '../safe-file-name.ts';

/** What a repository has to offer. */
export interface SortedTree {
  /** Models that are one file each. */
  readonly single: readonly HubTreeEntry[];
  /** Folder (empty for the root) of a model in the layout of diffusers, with all that it needs. */
  readonly folders: readonly { readonly path: string; readonly files: readonly HubTreeEntry[] }[];
}

const WEIGHTS = /\.(?:safetensors|ckpt|pt|pth|bin|gguf)$/i;
/** Weights that trainers leave beside models. */
const STATE = /(?:^|\/)(?:optimizer|scheduler|random_states?_?\d*|training_args|scaler)\.(?:pt|bin|pkl|pth)$/i;
const CONFIGS = /(?:^|\/)[^/]+\.(?:json|txt|model)$/i;
/** What tells that a folder is a part of a model: its settings, or the words of its tokenizer. */
const PART_CONFIG = /\/(?:[\w-]*config|vocab|model_index)\.json$/;
/** Names that diffusers and transformers give to the weights of a part. */
const PART = /^(?:diffusion_pytorch_model|pytorch_model|model|diffusion_flax_model|openvino_model)\b/;

/** Sorts the files of a repository into models. Pickles that have a safetensors twin are left out (FMT-03). */
export function sortTree(entries: readonly HubTreeEntry[]): SortedTree {
  const roots = entries.filter(({ path }) => /(?:^|\/)model_index\.json$/.test(path)).map(({ path }) => folderOf(path));
  const parts = new Set(
    entries
      .filter(({ path }) => PART_CONFIG.test(path))
      .map(({ path }) => folderOf(path))
      .filter((folder) => folder !== '' && roots.includes(folderOf(folder))),
  );
  const folders = roots.map((root) => ({
    path: root,
    files: entries.filter(({ path }) => {
      const folder = folderOf(path);
      const isOwn =
        folder === root ? path.endsWith('model_index.json') : parts.has(folder) && folderOf(folder) === root;
      return isOwn && (CONFIGS.test(path) || isChosenPart(path, entries));
    }),
  }));
  const weights = entries.filter(({ path }) => WEIGHTS.test(path) && !STATE.test(path) && !parts.has(folderOf(path)));
  const stems = new Set(weights.filter(({ path }) => isSafe(path)).map(({ path }) => splitEnding(path).stem));
  const single = weights.filter(({ path }) => isSafe(path) || !stems.has(splitEnding(path).stem));
  return { single, folders };
}

/** Weights of a part: safetensors where there are any, full precision before variants (`fp16`). */
function isChosenPart(path: string, entries: readonly HubTreeEntry[]): boolean {
  const name = path.slice(folderOf(path).length).replace(/^\//, '');
  if (!PART.test(name) || !/\.(?:safetensors|bin)$/.test(name) || /flax|openvino/.test(name)) return false;
  const rivals = entries
    .map((entry) => entry.path)
    .filter((each) => folderOf(each) === folderOf(path) && PART.test(each.slice(folderOf(path).length + 1)));
  const rank = (each: string): number => (isSafe(each) ? 0 : 2) + (/\.(?:fp16|bf16|non_ema|ema)\./.test(each) ? 1 : 0);
  return rank(path) === Math.min(...rivals.filter((each) => /\.(?:safetensors|bin)$/.test(each)).map(rank));
}

const isSafe = (path: string): boolean => /\.safetensors$/i.test(path);

/** The folder of a path; empty for the root. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/**
 * The one among several models that is meant by nobody in particular: when all are variants of one (pruned, EMA only, half
 * precision), the smallest that is good to draw with. Undefined when they are different models.
 */
export function recommended(single: readonly HubTreeEntry[]): HubTreeEntry | undefined {
  const stems = new Set(single.map(({ path }) => baseStem(path)));
  if (stems.size !== 1) return undefined;
  const ranked = [...single].sort((a, b) => variantRank(a.path) - variantRank(b.path) || a.path.length - b.path.length);
  return ranked[0];
}

const VARIANT = /[-_. ]*(?:pruned|ema[-_]?only|no[-_]?ema|non[-_]?ema|full[-_]?ema|fp16|fp32|bf16|full)(?=[-_. ]|$)/gi;

const baseStem = (path: string): string => splitEnding(path).stem.replace(VARIANT, '').toLowerCase();

/** EMA only is made to draw with; then pruned, then whatever there is; those without EMA are for training. */
function variantRank(path: string): number {
  const { stem } = splitEnding(path);
  if (/ema[-_]?only/i.test(stem)) return 0;
  if (/non?[-_]?ema/i.test(stem)) return 3;
  return /pruned|fp16/i.test(stem) ? 1 : 2;
}
