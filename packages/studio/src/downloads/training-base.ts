import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { KindId } from '@danqing/engine/identify/identification';
import type { Downloads, FetchOptions } from './downloads.ts';
import { examineArrival } from './examine-arrival.ts';

/** Base models for training may be this large, as in the notebook that people know (DL-10). */
export const TRAINING_BASE_LIMIT_BYTES = 5 * 2 ** 30;

/** What training begins with: links, names or paths of files. */
export interface TrainingBase {
  readonly base: string;
  /** Also `animevae`, `kl-f8-anime` or `vae-ft-mse-840000`. */
  readonly vae?: string;
  readonly limitBytes?: number;
}

/** Paths of the files, all there. */
export interface TrainingBaseFiles {
  readonly base: string;
  readonly vae?: string;
}

/**
 * Makes sure that the base model of a training, and its VAE, are there: files as they are, anything else is fetched.
 * @throws bad-value for a file of another kind or over the limit; what `Downloads.fetch` throws.
 */
export async function fetchTrainingBase(
  downloads: Downloads,
  { base, vae, limitBytes = TRAINING_BASE_LIMIT_BYTES }: TrainingBase,
  options: FetchOptions = {},
): Promise<TrainingBaseFiles> {
  const found = { base: await findOrFetch(downloads, base, 'checkpoint', { ...options, limitBytes }) };
  return vae === undefined ? found : { ...found, vae: await findOrFetch(downloads, vae, 'vae', options) };
}

async function findOrFetch(downloads: Downloads, text: string, kind: KindId, options: FetchOptions): Promise<string> {
  const path = resolve(text);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() === true) {
    refuseLarge(path, stats.size, options.limitBytes);
    refuseKind(path, (await examineArrival(path, basename(path))).kind, kind);
    return path;
  }
  const [got] = await downloads.fetch(text, options);
  refuseKind(got!.path, got!.kind, kind);
  return got!.path;
}

function refuseLarge(where: string, sizeBytes: number, limitBytes = Number.POSITIVE_INFINITY): void {
  if (sizeBytes <= limitBytes) return;
  throw new DanqingError('bad-value', {
    where,
    expected: `a base model of at most ${limitBytes} bytes`,
    found: `one of ${sizeBytes} bytes`,
    advice: 'Take a pruned version of it, or raise the limit (--limit).',
  });
}

function refuseKind(where: string, found: KindId, expected: KindId): void {
  if (found === expected) return;
  throw new DanqingError('bad-value', {
    where,
    expected: `a ${expected}`,
    found: found === 'unknown' ? 'something else' : `a ${found}`,
  });
}
