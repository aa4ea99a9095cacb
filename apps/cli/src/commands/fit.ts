import { collect } from '../collect.ts';
import type { CliCommand } from '../command.ts';

interface Typed {
  readonly model?: string;
  readonly loraDir?: string[];
  readonly prompt?: string;
  readonly json?: boolean;
}

/**
 * Tells how add-ons fit a checkpoint, before anything is drawn.
 * @rows LO-07, LO-05, LY-03, PR-10
 */
export const fit: CliCommand = {
  name: 'fit',
  order: 4,
  define(command, messages) {
    const { fit: say, generate, changes, help } = messages;
    command
      .description(say.summary)
      .argument('<add-ons...>', say.addOns)
      .option('-m, --model <file>', generate.model)
      .option('--lora-dir <folder>', generate.loraDir, collect)
      .option('--prompt <text>', say.prompt)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (addOns: string[], { model, loraDir, prompt, json = false }: Typed) => {
        const { reportFit } = await import('@danqing/studio/adapters/report-fit');
        const reports = await reportFit({ checkpoint: model, addOns, folders: loraDir, prompt });
        if (json) console.log(JSON.stringify(reports));
        else {
          const { showText } = await import('@danqing/studio/library/show-text');
          for (const { says } of reports) {
            for (const words of says) console.log(showText(changes.inWords(words)));
          }
        }
        // One that does not fit is an answer; a script sees it by the exit code.
        const { EXIT } = await import('../exit-codes.ts');
        if (!reports.every(({ fits }) => fits)) process.exitCode = EXIT.badInput;
      });
  },
};
