import type { CliCommand } from '../command.ts';
import type { Messages } from '../messages/index.ts';

interface Typed {
  readonly out: string;
  readonly clip?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
}

/**
 * Makes an aesthetic embedding of pictures.
 * @rows AG-01
 */
export const aestheticEmbedding: CliCommand = {
  name: 'aesthetic-embedding',
  order: 6,
  define(command, messages) {
    const { aestheticEmbedding: say, changes, help } = messages;
    command
      .description(say.summary)
      .argument('<pictures...>', say.pictures)
      .requiredOption('-o, --out <file>', say.out)
      .option('--clip <file>', say.clip)
      .option('--overwrite', changes.overwrite)
      .option('--json', help.json)
      .addHelpText('after', `\n${help.example}\n  ${say.example}`)
      .action(async (pictures: string[], typed: Typed) => make(pictures, typed, messages));
  },
};

async function make(pictures: string[], { out, clip, overwrite, json = false }: Typed, messages: Messages) {
  const say = messages.aestheticEmbedding;
  const { makeAesthetic } = await import('@danqing/studio/adapters/make-aesthetic');
  const tell = (done: number, all: number): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${say.progress(done, all)}`);
  };
  const made = await makeAesthetic({ pictures, output: out, clip, overwrite }, tell);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (json) {
    console.log(JSON.stringify(made));
    return;
  }
  console.log(say.made(made.output, made.pictures));
  for (const note of made.notes) console.error(messages.drawing.note(note));
}
