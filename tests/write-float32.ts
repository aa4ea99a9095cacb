import { closeSync, openSync, writeSync } from 'node:fs';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';

/** Writes float32 tensors as a safetensors file. */
export function writeFloat32(
  path: string,
  tensors: readonly (Tensor & { readonly name: string })[],
  metadata: Readonly<Record<string, string>> = {},
): void {
  const plan = planSafetensors(
    tensors.map(({ name, shape }) => ({ name, dtype: 'F32', shape })),
    new Map(Object.entries(metadata)),
  );
  const data = new Map(tensors.map((one) => [one.name, one.data]));
  const file = openSync(path, 'w');
  writeSync(file, plan.header);
  for (const { name } of plan.tensors) {
    const { buffer, byteOffset, byteLength } = data.get(name)!;
    writeSync(file, new Uint8Array(buffer, byteOffset, byteLength));
  }
  closeSync(file);
}
