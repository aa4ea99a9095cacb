import { InvalidArgumentError } from 'commander';
import type { Messages } from './messages/index.ts';

/** Reads a decimal number as people write it; whether it is in range is for others to say. */
export const parseNumber =
  ({ help }: Messages) =>
  (text: string): number => {
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text.trim())) throw new InvalidArgumentError(help.badNumber);
    return Number(text);
  };
