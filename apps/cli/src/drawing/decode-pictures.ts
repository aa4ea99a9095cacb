import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { type DecodePlan, planDecoding } from '@danqing/studio/gallery/decode-again';
import { saveDecoded, type SavedDecoded } from '@danqing/studio/gallery/save-decoded';
import type { JobEvent, WorkerClient } from '@danqing/studio/jobs/worker-client';
import type { Messages } from '../messages/index.ts';
import { watchRun } from './draw-pictures.ts';

/** What was typed. */
export interface DecodeOptions {
  readonly vae: readonly string[];
  readonly model?: string;
  readonly out?: string;
  readonly json?: boolean;
}

/** A picture, and which of the VAEs decoded it. */
interface Decoded {
  readonly type: 'decoded';
  readonly vae: number;
  readonly picture: DrawnPicture;
}

/** Decodes with one VAE after another, saves all, and says what each does to the colours. */
export async function decodePictures(
  path: string,
  { vae: vaes, model, out, json = false }: DecodeOptions,
  messages: Messages,
): Promise<void> {
  const say = messages.decode;
  let plan: DecodePlan | undefined;
  const pictures: Decoded[] = [];
  const { notes, timings } = await watchRun<Decoded>({
    messages,
    async start(client) {
      plan = await planDecoding(path, vaes, model);
      return { events: decodeAll(client, plan), count: plan.requests.length };
    },
    async onEvent(decoded) {
      pictures.push(decoded);
      return Promise.resolve([]);
    },
  });
  const label = ({ name, colourfulness, contrast }: Omit<SavedDecoded['pictures'][number], 'path'>): string =>
    say.label(name, colourfulness.toFixed(0), contrast.toFixed(2));
  const saved = await saveDecoded(pictures, { plan: plan!, out, label });
  if (json) {
    console.log(JSON.stringify({ ...saved, notes, timings }));
    return;
  }
  for (const [i, { path: file, name, colourfulness, contrast, psnrDb, isWashedOut }] of saved.pictures.entries()) {
    const against = i === 0 || !Number.isFinite(psnrDb) ? undefined : psnrDb.toFixed(1);
    const line = say.measured(name, colourfulness.toFixed(0), contrast.toFixed(2), against);
    console.error(isWashedOut ? `${line} (${say.washedOut})` : line);
    console.log(file);
  }
  if (saved.sheet !== undefined) console.log(saved.sheet);
}

async function* decodeAll(
  client: WorkerClient,
  { requests }: DecodePlan,
): AsyncGenerator<Decoded | Exclude<JobEvent, { readonly type: 'picture' }>> {
  for (const [vae, request] of requests.entries()) {
    for await (const event of client.decode(request)) {
      yield event.type === 'picture' ? { type: 'decoded', vae, picture: event.picture } : event;
    }
  }
}
