import type { ToldError } from '@danqing/studio/languages/chinese';
import type { Option } from 'commander';

/** Fields of requests whose options are called otherwise, by the names that commander gives them. */
const OPTION_OF: Readonly<Record<string, string>> = {
  cfgScale: 'cfg',
  negativePrompt: 'negative',
  checkpoint: 'model',
  refinerCheckpoint: 'refiner',
  runtime: 'provider',
  aestheticEmbedding: 'aesthetic',
  aestheticLearningRate: 'aestheticLr',
  aestheticSlerpAngle: 'aestheticAngle',
  blockWeights: 'blocks',
  'block weights': 'blocks',
  'the kind of model': 'kind',
  'the family of models': 'base',
};

/** An error about a field of a request, told of the option that was typed for it where there is one: `--cfg`, not `cfgScale`. */
export function nameFlag({ message, trouble }: ToldError, options: readonly Option[]): ToldError {
  if (trouble === undefined) return { message };
  const field = trouble.where.replaceAll(/ › (\w)/g, (_, letter: string) => letter.toUpperCase());
  const flag = options.find((option) => option.attributeName() === (OPTION_OF[field] ?? field))?.long;
  if (flag === undefined || flag === null) return { message, trouble };
  return { message: flag + message.slice(trouble.where.length), trouble: { ...trouble, where: flag } };
}
