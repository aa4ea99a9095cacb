import { DanqingError } from '../errors.ts';
import { blockOf, countBlocks, type UnetBlocks } from '../weights/keys/unet-blocks.ts';

/** A multiplier of its own for each block of the UNet: input blocks from the first, the middle, output blocks to the last. */
export interface BlockWeights {
  readonly weights: readonly number[];
  readonly blocks: UnetBlocks;
}

/** Block counts by the number of weights. */
const LAYOUTS: Readonly<Record<number, UnetBlocks>> = {
  25: { inputs: 12, outputs: 12 },
  19: { inputs: 9, outputs: 9 },
};

/**
 * Reads block weights as the block-weighted mergers write them: `0,0.1,…` with 25 numbers (IN00–IN11, M00, OUT00–OUT11;
 * SD 1.x, 2.x) or 19 (IN00–IN08, M00, OUT00–OUT08; SDXL). One more number in front is the multiplier of all else.
 * @throws bad-value for another count, or what is no number.
 */
export function parseBlockWeights(text: string): { readonly base?: number; readonly blocks: BlockWeights } {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const numbers = words.map(Number);
  const wrong = words.find((_, i) => !Number.isFinite(numbers[i]));
  if (wrong !== undefined) throw trouble('numbers', wrong);
  const own = LAYOUTS[numbers.length];
  if (own !== undefined) return { blocks: { weights: numbers, blocks: own } };
  const withBase = LAYOUTS[numbers.length - 1];
  if (withBase === undefined)
    throw trouble('25 numbers for SD 1.x and 2.x, 19 for SDXL, or one more in front', `${numbers.length}`);
  return { base: numbers[0]!, blocks: { weights: numbers.slice(1), blocks: withBase } };
}

/** The multiplier of a key: its block's, or `base`. */
export function multiplierOf(key: string, base: number, blocks: BlockWeights | undefined): number {
  const block = blocks && blockOf(key, blocks.blocks);
  return block === undefined ? base : blocks!.weights[block]!;
}

/** @throws bad-value when a model has not as many blocks as there are weights. */
export function checkBlocks(keys: Iterable<string>, { weights, blocks }: BlockWeights): void {
  const own = countBlocks(keys);
  if (own?.inputs === blocks.inputs && own.outputs === blocks.outputs) return;
  const found =
    own === undefined ? 'no UNet with numbered blocks' : `${own.inputs} input and ${own.outputs} output blocks`;
  throw trouble(
    `a model of ${blocks.inputs} input and ${blocks.outputs} output blocks for ${weights.length} weights`,
    found,
    'SD 1.x and 2.x take 25 weights, SDXL takes 19.',
  );
}

const trouble = (expected: string, found: string, advice?: string): DanqingError =>
  new DanqingError('bad-value', { where: 'block weights', expected, found, ...(advice !== undefined && { advice }) });
