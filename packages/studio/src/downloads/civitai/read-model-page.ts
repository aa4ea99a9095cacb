import { DanqingError } from '@danqing/engine/errors';
import type { Downloads } from '../downloads.ts';
import { readLink } from '../read-link.ts';
import { generationData } from './generation-data.ts';
import { exampleImage, type ModelPage, pageFacts } from './page-facts.ts';

/**
 * The page of the model that a link to Civitai or a number means; undefined for other words.
 * @throws missing when there is no such model; network.
 */
export async function readModelPage(
  { civitai, endpoints }: Pick<Downloads, 'civitai' | 'endpoints'>,
  text: string,
  signal?: AbortSignal,
): Promise<ModelPage | undefined> {
  const meant = readNumbers(text, endpoints);
  if (meant === undefined) return undefined;
  const { versionId } = meant;
  const modelId = meant.modelId ?? (await civitai.version(versionId!, signal)).modelId;
  const model = modelId === undefined ? undefined : await civitai.model(modelId, signal);
  const facts = model && pageFacts(model, civitai.endpoint, versionId);
  if (facts === undefined) {
    const expected = versionId === undefined ? 'a version that is published' : `version ${versionId}`;
    throw new DanqingError('missing', { where: `Civitai › ${model?.name ?? text}`, expected, found: 'none' });
  }
  // Pictures in versions often come without their data; the list of images has it.
  const listed = await civitai
    .images({ modelVersionId: facts.versionId }, { limit: 10 }, signal)
    .catch(() => undefined);
  const images = listed === undefined || listed.items.length === 0 ? facts.images : listed.items.map(exampleImage);
  const examples = images.map(({ url, meta }) => {
    const infotext = generationData(meta)?.infotext;
    return { url, ...(infotext !== undefined && { infotext }) };
  });
  return { facts, examples };
}

function readNumbers(
  text: string,
  endpoints: Downloads['endpoints'],
): { modelId?: number; versionId?: number } | undefined {
  if (/^\s*\d{1,9}\s*$/.test(text)) return { modelId: Number(text) };
  if (!text.includes('/')) return undefined;
  const match = /^civitai (model|version) (\d+)/.exec(readLink(text.trim(), endpoints).canonical);
  if (match === null) return undefined;
  return match[1] === 'model' ? { modelId: Number(match[2]) } : { versionId: Number(match[2]) };
}
