import type { RecipeInput } from '@danqing/contract/recipe';
import type { Command } from 'commander';
import type { Messages } from '../messages/index.ts';
import { parseNumber } from '../parse-number.ts';

/** The options for aesthetic gradients as they were typed. */
export interface TypedAesthetic {
  readonly aesthetic?: string;
  readonly aestheticWeight?: number;
  readonly aestheticSteps?: number;
  readonly aestheticLr?: number;
  readonly aestheticSlerp?: boolean;
  readonly aestheticText?: string;
  readonly aestheticTextNegative?: boolean;
  readonly aestheticAngle?: number;
  readonly aestheticClip?: string;
}

/** Gives a command these options. */
export function addAestheticOptions(command: Command, messages: Messages): Command {
  const { aesthetic: say } = messages;
  const number = parseNumber(messages);
  return command
    .option('--aesthetic <embedding>', say.embedding)
    .option('--aesthetic-weight <x>', say.weight, number)
    .option('--aesthetic-steps <n>', say.steps, number)
    .option('--aesthetic-lr <x>', say.rate, number)
    .option('--aesthetic-slerp', say.slerp)
    .option('--aesthetic-text <text>', say.text)
    .option('--aesthetic-text-negative', say.textNegative)
    .option('--aesthetic-angle <x>', say.angle, number)
    .option('--aesthetic-clip <file>', say.clip);
}

/** What they ask for; undefined where none of them was typed. Without an embedding it is refused by whoever reads the recipe. */
export function aestheticOf(typed: TypedAesthetic): RecipeInput['aesthetic'] {
  const settings = {
    weight: typed.aestheticWeight,
    steps: typed.aestheticSteps,
    learningRate: typed.aestheticLr,
    slerp: typed.aestheticSlerp,
    text: typed.aestheticText,
    textNegative: typed.aestheticTextNegative,
    slerpAngle: typed.aestheticAngle,
    clip: typed.aestheticClip,
  };
  const { aesthetic: embedding } = typed;
  if (embedding === undefined && Object.values(settings).every((value) => value === undefined)) return undefined;
  return { embedding: embedding ?? '', ...settings };
}
