/** The weights of one part of a model, as files of its folder. */
export interface ChosenWeights {
  /** A weight file, or the list of the shards of one. */
  readonly name: string;
  readonly sharded: boolean;
  /** Other weights of the same part: other formats, other precisions. */
  readonly passedOver: readonly string[];
}

/** Names under which diffusers, transformers and peft save weights, with an optional variant (`fp16`). */
const WEIGHTS =
  /^(?:diffusion_pytorch_model|pytorch_model|model|adapter_model|pytorch_lora_weights)(?:\.(?<before>[\w-]+))?\.(?<ending>safetensors|bin)(?<index>\.index(?:\.(?<behind>[\w-]+))?\.json)?$/;

/** Variants from the best on; what is not listed comes after these. */
const VARIANTS = ['', 'fp32', 'fp16', 'bf16'];

/**
 * Chooses among the files of a folder: safetensors before pickles (FMT-03), full precision before variants, one file
 * before shards. Undefined where there are no weights.
 */
export function chooseWeights(names: readonly string[]): ChosenWeights | undefined {
  const candidates = names.flatMap((name) => {
    const groups = WEIGHTS.exec(name)?.groups;
    if (groups === undefined) return [];
    const variant = VARIANTS.indexOf(groups['before'] ?? groups['behind'] ?? '');
    const sharded = groups['index'] !== undefined;
    const rank = [groups['ending'] === 'safetensors' ? 0 : 1, variant < 0 ? VARIANTS.length : variant, sharded ? 1 : 0];
    return [{ name, sharded, rank }];
  });
  candidates.sort((a, b) => compareRanks(a.rank, b.rank) || (a.name < b.name ? -1 : 1));
  const [best, ...others] = candidates;
  return best && { name: best.name, sharded: best.sharded, passedOver: others.map((other) => other.name) };
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const axis = a.findIndex((value, i) => value !== b[i]);
  return axis < 0 ? 0 : a[axis]! - b[axis]!;
}
