import { basename, extname } from 'node:path';

/** Endings of files that may hold a model. */
const MODEL_ENDINGS = new Set('.safetensors .safetensor .sft .ckpt .pt .pth .bin .pkl .gguf .onnx'.split(' '));

/** How the list of a model's shards ends. */
const SHARD_LIST = /\.(?:safetensors|bin)\.index\.json$/;

/** Whether a file of this name may hold a model. */
export const isModelName = (name: string): boolean =>
  MODEL_ENDINGS.has(extname(name).toLowerCase()) || SHARD_LIST.test(name);

/** Name of a model without folders and ending: how prompts name it, and how the files beside it begin. */
export function modelStem(path: string): string {
  const name = basename(path).replace(SHARD_LIST, '');
  const ending = extname(name);
  return MODEL_ENDINGS.has(ending.toLowerCase()) ? name.slice(0, -ending.length) : name;
}
