import { DanqingError } from '../errors.ts';
import { isSafetensorsDType } from '../tensor/dtype.ts';
import type { Container, FilePlan, SavedTensor } from './file-plan.ts';
import { planSafetensors } from './safetensors-plan.ts';
import { planTorchZip } from './torch/torch-zip-plan.ts';

/**
 * Lays out a model file. A torch file has no place for metadata.
 * @throws unsupported for an element type that the container has no name for; as `planSafetensors` does.
 */
export function planFile(
  container: Container,
  tensors: readonly SavedTensor[],
  metadata: ReadonlyMap<string, string> = new Map(),
): FilePlan {
  if (container === 'torch') return planTorchZip(tensors);
  const planned = tensors.map(({ name, dtype, shape }) => {
    if (isSafetensorsDType(dtype)) return { name, dtype, shape };
    throw new DanqingError('unsupported', {
      where: name,
      expected: 'an element type that safetensors files can hold',
      found: dtype,
      advice: 'Leave the tensor out, or save the model as another kind of file.',
    });
  });
  const plan = planSafetensors(planned, metadata);
  return { ...plan, checksummed: false, frame: () => [{ offset: 0, bytes: plan.header }] };
}
