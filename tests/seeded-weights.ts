import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { elementCount } from '@danqing/engine/tensor/tensor';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { seededRandom } from './seeded-random.ts';

// Weights that both sides of a comparison can make: the same arithmetic as oracles/seeded_weights.py, bit for bit.

/**
 * Keys with the exponent of the weight's gain and that of the bias's size; the first that fits counts. Layers that add
 * to the residual stream are quiet, so that the stream's variance is small and an epsilon in a norm shows; queries and
 * keys are loud, so that attention is peaked.
 */
const RULES: readonly [keys: RegExp, gain: number, bias: number | undefined][] = [
  [/(token|position|positional)_embedding$/, -6, undefined],
  // So deep a network loses all precision otherwise.
  [/resblocks\.\d\d\.attn\.in_proj$/, 1, -2],
  [/(to_q|q_proj|attn_1\.q|in_proj)$/, 2, -2],
  [/(to_k|k_proj|attn_1\.k)$/, 1, -2],
  [
    /(conv_in|input_blocks\.0\.0|out_layers\.3|conv2|proj_in|proj_out|to_out\.0|ff\.net\.2|out_proj|fc2|c_proj)$/,
    -4,
    -5,
  ],
  [/(skip_connection|nin_shortcut|op|upsample\.conv|output_blocks\.\d+\.\d\.conv|downsample\.conv)$/, 0, -5],
  [/(?:)/, 0, -2],
];

/** Whole numbers from -1024 to 1024 that depend on the name alone. */
export function seededIntegers(name: string, count: number): Int32Array {
  const random = seededRandom(name);
  return new Int32Array(count).map(() => random.integer(-1024, 1024));
}

/** Values of the weight called `name`; float16 holds them exactly. */
export function seededWeight(name: string, shape: readonly number[]): Float32Array {
  const layer = name.replace(/[._](?:weight|bias)$/, '');
  const isBias = name.endsWith('bias');
  const [, gain, size] = RULES.find(([keys]) => keys.test(layer))!;
  const values = new Float32Array(seededIntegers(name, elementCount(shape)));
  if (!isBias && shape.length === 1) return values.map((whole) => 1 + Math.trunc(whole / 2) / 1024);
  const fanIn = elementCount(shape.slice(1));
  const exponent = isBias
    ? size!
    : size === undefined
      ? gain
      : gain + Math.floor(Math.log2(Math.sqrt(3 / fanIn)) + 0.5);
  const unit = 2 ** exponent / 1024;
  return values.map((whole) => whole * unit);
}

/** Writes a float16 safetensors file whose tensors have these names and shapes and the values of their names, or others. */
export function writeSeededCheckpoint(
  path: string,
  shapes: Readonly<Record<string, readonly number[]>>,
  weightOf = seededWeight,
): void {
  const plan = planSafetensors(Object.entries(shapes).map(([name, shape]) => ({ name, dtype: 'F16', shape })));
  const file = openSync(path, 'w');
  writeSync(file, plan.header);
  for (const { name, shape } of plan.tensors) writeSync(file, encodeFloat32(weightOf(name, shape), 'F16').bytes);
  closeSync(file);
}
