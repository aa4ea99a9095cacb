const UNET = 'model.diffusion_model.';

/** How many blocks a UNet has: 12 and 12 in SD 1.x and 2.x, 9 and 9 in SDXL; one in the middle. */
export interface UnetBlocks {
  readonly inputs: number;
  readonly outputs: number;
}

/**
 * The block of a key of the UNet, counted through input, middle and output blocks; undefined for what is in none. As the
 * block-weighted mergers count: the time embedding with the first block, the final layers with the last.
 */
export function blockOf(key: string, { inputs, outputs }: UnetBlocks): number | undefined {
  if (!key.includes(UNET)) return undefined;
  if (key.includes('time_embed')) return 0;
  if (key.includes('.out.')) return inputs + outputs;
  const [, place, number] = /\.(input_blocks|middle_block|output_blocks)\.(\d+)\./.exec(key) ?? [];
  if (place === 'input_blocks') return Number(number);
  if (place === 'middle_block') return inputs;
  return place === 'output_blocks' ? inputs + 1 + Number(number) : undefined;
}

/** How many blocks the UNet among these keys has; undefined where there is none. */
export function countBlocks(keys: Iterable<string>): UnetBlocks | undefined {
  let [inputs, outputs] = [0, 0];
  for (const key of keys) {
    if (!key.startsWith(UNET)) continue;
    const [, place, number] = /\.(input|output)_blocks\.(\d+)\./.exec(key) ?? [];
    if (place === 'input') inputs = Math.max(inputs, Number(number) + 1);
    if (place === 'output') outputs = Math.max(outputs, Number(number) + 1);
  }
  return inputs === 0 ? undefined : { inputs, outputs };
}
