import type { DType } from '@danqing/engine/tensor/dtype';
import { buildFile } from '@danqing/node/files/build-file';
import type { WriteLargeOptions } from '@danqing/node/files/write-large-file';
import { type OutputChoice, outputPlace } from './output-place.ts';

/** A tensor in memory. */
export interface TensorToSave {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Little-endian, row-major. */
  readonly bytes: Uint8Array;
}

/**
 * Saves tensors that were made here (a trained model) in the chosen format; safetensors where nothing is said.
 * @param place folder and name, or a file; see `outputPlace`.
 * @returns the path of the file. A torch file has no place for metadata.
 * @throws io as `writeLargeFile`; bad-value for a name that contradicts the format.
 */
export async function saveModel(
  place: OutputChoice & { readonly folder: string; readonly stem: string },
  tensors: readonly TensorToSave[],
  metadata: ReadonlyMap<string, string>,
  options: WriteLargeOptions = {},
): Promise<string> {
  const { path, container } = await outputPlace(place, `${place.folder}/${place.stem}`, place.stem);
  const made = tensors.map(({ bytes, ...tensor }) => ({ ...tensor, formula: { from: 'bytes', bytes } as const }));
  await buildFile({ path, container, tensors: made, metadata, models: [] }, options);
  return path;
}
