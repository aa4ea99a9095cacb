import { DanqingError } from '@danqing/engine/errors';
import { readRecipe } from '@danqing/studio/jobs/read-recipe';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { generate } from './commands/generate.ts';
import { merge } from './commands/merge.ts';
import { messagesIn } from './messages/index.ts';
import { nameFlag } from './name-flag.ts';

const optionsOf = ({ define }: typeof generate) => {
  const command = new Command();
  define(command, messagesIn('en'));
  return command.options;
};

describe('an error about a field', () => {
  it.each([
    [{ cfgScale: -1 }, '--cfg: expected a number from 0 to '],
    [{ steps: 0 }, '--steps: expected a whole number from 1 to 1000, found 0.'],
    [{ batchSize: 65 }, '--batch-size: expected '],
    [{ refiner: { checkpoint: 'x', switchAt: 2 } }, '--refiner-switch-at: expected a number from 0 to 1, found 2.'],
    [{ refiner: { switchAt: 0.5 } }, '--refiner: expected '],
    [{ aesthetic: { embedding: 'x', learningRate: -1 } }, '--aesthetic-lr: expected '],
  ])('%j is told of the option', (input, message) => {
    let thrown: unknown;
    try {
      readRecipe({ prompt: 'fox', ...(input as object) });
    } catch (error) {
      thrown = error;
    }
    const told = nameFlag(thrown as DanqingError, optionsOf(generate));
    expect(told.message).toMatch(message);
    expect(told.message.startsWith(told.trouble!.where)).toBe(true);
  });

  it('is told as it is where there is no option for it', () => {
    const trouble = { where: 'a/steps', expected: 'b', found: 'c' };
    const error = new DanqingError('bad-value', trouble);
    expect(nameFlag(error, optionsOf(generate))).toEqual({ message: error.message, trouble });
    const blocks = new DanqingError('bad-value', { ...trouble, where: 'block weights' });
    expect(nameFlag(blocks, optionsOf(merge)).message).toBe('--blocks: expected b, found c.');
    expect(nameFlag({ message: 'steps' }, optionsOf(generate))).toEqual({ message: 'steps' });
  });
});
