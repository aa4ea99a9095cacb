import type { CliCommand } from '../command.ts';
import type { TrainingBaseOptions } from '../downloads/fetch-training-base.ts';
import { parseNumber } from '../parse-number.ts';

/**
 * Makes sure that the base model of a training is there.
 * @rows DL-10
 */
export const trainingBase: CliCommand = {
  name: 'training-base',
  order: 5,
  define(command, messages) {
    const { trainingBase: say, help } = messages;
    command
      .description(say.summary)
      .argument('<model>', say.model)
      .option('--vae <vae>', say.vae)
      .option('--limit <gib>', say.limit, parseNumber(messages), 5)
      .option('--yes', messages.download.yes)
      .option('--allow-private', messages.download.allowPrivate)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (model: string, options: TrainingBaseOptions) => {
        const { fetchBase } = await import('../downloads/fetch-training-base.ts');
        await fetchBase(model, options, messages.download);
      });
  },
};
