import type { DrawnPicture } from '@danqing/contract/worker-messages';
import type { VerificationPlan } from '@danqing/studio/gallery/verify-picture';
import { collect } from '../collect.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import type { Messages } from '../messages/index.ts';

interface Typed {
  readonly model?: string;
  readonly vae?: string;
  readonly refiner?: string;
  readonly aesthetic?: string;
  readonly aestheticClip?: string;
  readonly loraDir?: readonly string[];
  readonly hypernetworkDir?: readonly string[];
  readonly embeddingsDir?: readonly string[];
  readonly json?: boolean;
}

/**
 * Draws a picture again and compares.
 * @rows GEN-02
 */
export const verify: CliCommand = {
  name: 'verify',
  order: 11,
  define(command, messages) {
    const say = messages.verify;
    command
      .description(say.summary)
      .argument('<picture>', say.picture)
      .option('-m, --model <file>', say.model)
      .option('--vae <file>', say.vae)
      .option('--refiner <file>', say.refiner)
      .option('--aesthetic <embedding>', say.aesthetic)
      .option('--aesthetic-clip <file>', say.aestheticClip)
      .option('--lora-dir <folder>', messages.generate.loraDir, collect)
      .option('--hypernetwork-dir <folder>', messages.generate.hypernetworkDir, collect)
      .option('--embeddings-dir <folder>', messages.generate.embeddingsDir, collect)
      .option('--json', messages.help.json)
      .addHelpText('after', `\n${messages.help.example}\n  ${say.example}`)
      .action(async (picture: string, typed: Typed) => compare(picture, typed, messages));
  },
};

async function compare(path: string, typed: Typed, messages: Messages): Promise<void> {
  const { model, vae, refiner, aesthetic, aestheticClip, loraDir, hypernetworkDir, embeddingsDir, json } = typed;
  const { drawPictures } = await import('../drawing/draw-pictures.ts');
  let plan: VerificationPlan | undefined;
  let drawn: DrawnPicture | undefined;
  const { notes, timings } = await drawPictures({
    messages,
    async plan() {
      const { planVerification } = await import('@danqing/studio/gallery/verify-picture');
      plan = await planVerification(path, {
        checkpoint: model,
        vae,
        refiner,
        aesthetic,
        aestheticClip,
        loraFolders: loraDir,
        hypernetworkFolders: hypernetworkDir,
        embeddingFolders: embeddingsDir,
      });
      return plan.recipe;
    },
    async onPicture(picture) {
      drawn = picture;
      return Promise.resolve([]);
    },
  });
  const { judgePicture } = await import('@danqing/studio/gallery/verify-picture');
  const { verdict, text } = await judgePicture(plan!, drawn!);
  if (json === true) {
    const { kind, ...found } = verdict;
    console.log(JSON.stringify({ verdict: kind, ...found, text, notes, timings }));
  } else {
    console.log(messages.said(text));
  }
  if (verdict.kind === 'differs') process.exitCode = EXIT.differs;
}
