import { baseModules, type BaseModule } from '../../adapters/base-modules.ts';
import { baseWeight } from '../../adapters/match-adapter.ts';
import { product } from '../../adapters/matrices.ts';
import { DanqingError } from '../../errors.ts';
import type { KohyaWays } from '../../family.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { subtract } from '../../graph/ops/subtract.ts';
import { fileName } from '../../weights/evidence.ts';
import type { TensorIndex } from '../../weights/tensor-index.ts';
import { nameOfLayer } from './kohya-names.ts';
import type { LowRankLayer } from './low-rank-layer.ts';

/** What a LoRA is taken out of. */
export interface DifferenceChoices {
  readonly tuned: TensorIndex;
  readonly base: TensorIndex;
  readonly ways: KohyaWays;
  /** Also of residual blocks and what changes the size, as LoCon has them. */
  readonly convolutions: boolean;
  readonly textEncoder: boolean;
}

/** Layers of transformers: those that plain LoRAs change. */
const ATTENTION =
  /attentions\.\d+\.(?:proj_(?:in|out)|transformer_blocks\..*(?:attn\d\.to_\w+(?:\.0)?|ff\.net\.[02](?:\.proj)?))$/;
const RESIDUAL = /(?:resnets\.\d+\.(?:conv[12]|time_emb_proj|conv_shortcut)|(?:down|up)samplers\.0\.conv)$/;
const TEXT = /^encoder\.layers\.\d+\.(?:self_attn\.\w+|mlp\.fc\d)$/;

/**
 * The layers of two checkpoints that a LoRA can hold the difference of.
 * @throws bad-shape for checkpoints of different sizes; missing when they have no layer in common.
 */
export function differences({ tuned, base, ways, convolutions, textEncoder }: DifferenceChoices): LowRankLayer[] {
  const others = baseModules(base);
  const isWanted = ({ part, name }: BaseModule): boolean => {
    if (part !== 'denoiser') return textEncoder && TEXT.test(name);
    return ATTENTION.test(name) || (convolutions && RESIDUAL.test(name));
  };
  const layers = baseModules(tuned)
    .all.filter(isWanted)
    .flatMap((module): LowRankLayer[] => {
      const other = others.find(module.part, module.name.replaceAll('.', '_'));
      if (other === undefined) return [];
      const [weight, before] = [baseWeight(module), baseWeight(other)];
      const [shape, wanted] = [weight.shape as readonly number[], before.shape as readonly number[]];
      if (shape.join() !== wanted.join()) throw misfit(module, shape, wanted, base);
      const [out = 1, , ...kernel] = shape;
      const matrix = reshape(subtract(weight, before), [out, product(shape.slice(1))]);
      return [{ name: nameOfLayer(module, ways), kernel, matrix, scale: 1 }];
    });
  if (layers.length > 0) return layers;
  throw new DanqingError('missing', {
    where: fileName(tuned.file),
    expected: `layers that ${fileName(base.file)} has too`,
    found: 'none',
    advice: 'Choose two checkpoints of one family.',
  });
}

const misfit = (
  module: BaseModule,
  found: readonly number[],
  wanted: readonly number[],
  base: TensorIndex,
): DanqingError =>
  new DanqingError('bad-shape', {
    where: module.weight.name,
    expected: `shape [${wanted.join(', ')}], as in ${fileName(base.file)}`,
    found: `[${found.join(', ')}]`,
    advice: 'A LoRA can only be taken from two checkpoints of one family and size.',
  });
