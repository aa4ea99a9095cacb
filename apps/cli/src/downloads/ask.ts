import { confirm, isCancel, multiselect } from '@clack/prompts';
import type { FetchOptions } from '@danqing/studio/downloads/downloads';
import type { Choose } from '@danqing/studio/downloads/source';
import type { Messages } from '../messages/index.ts';
import { printBytes } from '../terminal/print-bytes.ts';
import type { QueueProgress } from './queue-progress.ts';

/** One question at a time, however many downloads have one. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  const asked = last.then(ask);
  last = asked.catch(() => undefined);
  return asked;
}

/** How what has to be decided is answered: by the person at the terminal, or by what was said beforehand. */
export function answers(
  progress: QueueProgress,
  { yes, json }: { readonly yes: boolean; readonly json: boolean },
  say: Messages['download'],
): Pick<FetchOptions, 'choose' | 'consent'> {
  const canAsk = !yes && !json && process.stdin.isTTY && process.stderr.isTTY;
  if (!canAsk) return { consent: async () => yes };
  return { choose: askChoice(progress, say), consent: askConsent(progress, say) };
}

/** Lets a person choose among the models of a repository, or the places where one is. */
const askChoice =
  (progress: QueueProgress, say: Messages['download']): Choose =>
  (choices, why) =>
    inTurn(() =>
      progress.quiet(async () => {
        const options = choices.map(({ name, sizeBytes }, value) => ({
          value,
          label: name,
          ...(sizeBytes !== undefined && { hint: printBytes(sizeBytes) }),
        }));
        const message = why === undefined ? say.choose : `${say.why(why)}\n${say.choose}`;
        const chosen = await multiselect({ message, options, required: true, output: process.stderr });
        return isCancel(chosen) ? [] : chosen;
      }),
    );

/** Asks whether a file with code of unknown meaning may be kept. */
const askConsent =
  (progress: QueueProgress, say: Messages['download']) =>
  (name: string, found: string): Promise<boolean> =>
    inTurn(() =>
      progress.quiet(async () => {
        const answer = await confirm({
          message: say.consent(name, found),
          initialValue: false,
          output: process.stderr,
        });
        return answer === true;
      }),
    );
