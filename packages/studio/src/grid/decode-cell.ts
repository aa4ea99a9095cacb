import { DanqingError } from '@danqing/engine/errors';
import { planDecoding } from '../gallery/decode-again.ts';
import type { DecodeRequest, Drawing, JobEvent } from '../jobs/worker-client.ts';
import type { KnownPicture } from './grid-memory.ts';

/**
 * What decodes the latents of a cell's pictures with another VAE.
 * @param pictures at least one. @returns undefined where their latents are not kept any more.
 */
export async function decodingOf(pictures: readonly KnownPicture[], vae: string): Promise<DecodeRequest | undefined> {
  const requests: DecodeRequest[] = [];
  try {
    for (const { path } of pictures) requests.push(...(await planDecoding(path, [vae], undefined)).requests);
  } catch (error) {
    if (error instanceof DanqingError) return undefined;
    throw error;
  }
  const [first] = requests as [DecodeRequest, ...DecodeRequest[]];
  const [, ...shape] = first.latent.shape;
  const data = new Float32Array(first.latent.data.length * requests.length);
  for (const [i, { latent }] of requests.entries()) data.set(latent.data, i * latent.data.length);
  const receipts = requests.flatMap((request) => request.receipts);
  return { ...first, latent: { shape: [requests.length, ...shape], data }, receipts };
}

/** What happens while a cell is decoded; where its VAE gives not-a-number it is drawn, for which there is a decoder that stands in. */
export async function* decodeOrDraw(decoding: Drawing, draw: () => Drawing): AsyncGenerator<JobEvent> {
  const pictures: JobEvent[] = [];
  try {
    for await (const event of decoding) {
      if (event.type === 'picture') pictures.push(event);
      else yield event;
    }
  } catch (error) {
    if (!(error instanceof DanqingError) || error.code !== 'not-a-number') throw error;
    yield* draw();
    return;
  }
  yield* pictures;
}
