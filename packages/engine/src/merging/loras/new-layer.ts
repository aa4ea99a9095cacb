import { encodeFloat32, type FloatDType } from '../../tensor/encode.ts';
import type { MadeTensor } from '../../weights/formula.ts';

/** A layer of a LoRA that is to be saved. */
export interface NewLayer {
  /** As kohya's scripts call it. */
  readonly name: string;
  /** Kernel of a convolution; empty for a linear layer. */
  readonly kernel: readonly number[];
  readonly rank: number;
  readonly alpha: number;
  /** [out, rank] and [rank, within]. */
  readonly up: Float64Array;
  readonly down: Float64Array;
}

/** The tensors of a layer in kohya's layout. */
export function layerTensors({ name, kernel, rank, alpha, up, down }: NewLayer, dtype: FloatDType): MadeTensor[] {
  const cells = kernel.reduce((a, b) => a * b, 1);
  const ones = kernel.map(() => 1);
  const tensor = (role: string, shape: readonly number[], values: ArrayLike<number>): MadeTensor => {
    const { bytes } = encodeFloat32(Float32Array.from(values), dtype);
    return { name: `${name}.${role}`, dtype, shape, formula: { from: 'bytes', bytes } };
  };
  return [
    tensor('lora_up.weight', [up.length / rank, rank, ...ones], up),
    tensor('lora_down.weight', [rank, down.length / rank / cells, ...kernel], down),
    tensor('alpha', [], [alpha]),
  ];
}
