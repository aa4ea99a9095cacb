import type { LoraChoice } from '@danqing/contract/lora-choice';
import { InvalidArgumentError } from 'commander';
import type { Messages } from './messages/index.ts';

/** `FILE`, `FILE:0.8` or `FILE:0.8:0.5`; colons before the weights belong to the file. */
export const collectLora =
  ({ help }: Messages) =>
  (text: string, before: readonly LoraChoice[] = []): LoraChoice[] => {
    const [, name, weight, textEncoderWeight] = /^(.+?)(?::([-+.\deE]+))?(?::([-+.\deE]+))?$/.exec(text) ?? [];
    const numbers = [weight, textEncoderWeight].map((number) => (number === undefined ? undefined : Number(number)));
    if (name === undefined || numbers.some((number) => Number.isNaN(number)))
      throw new InvalidArgumentError(help.badLora);
    return [...before, { name, weight: numbers[0], textEncoderWeight: numbers[1] }];
  };
