import { collect } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import type { DecodeOptions } from '../drawing/decode-pictures.ts';

/**
 * Decodes kept latents again with other VAEs and compares them.
 * @rows GEN-05, CK-03, VAE-01, VAE-02, VAE-04
 */
export const decode: CliCommand = {
  name: 'decode',
  order: 2,
  define(command, messages) {
    const say = messages.decode;
    command
      .description(say.summary)
      .argument('<picture>', say.picture)
      .requiredOption('--vae <vae>', say.vae, collect)
      .option('-m, --model <file>', say.model)
      .option('-o, --out <path>', say.out)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(async (picture: string, options: DecodeOptions) => {
        const { decodePictures } = await import('../drawing/decode-pictures.ts');
        await decodePictures(picture, options, messages);
      });
  },
};
