import { DanqingError } from '@danqing/engine/errors';
import { showUrl } from '@danqing/node/network/http-trouble';
import { askHubFile, type HubFile } from '../hugging-face/hub-client.ts';
import { type HubPlace, hubUrl } from '../hugging-face/hub-link.ts';
import { findKnownModel, type KnownModel } from '../known-models.ts';
import type { Endpoints } from '../sites.ts';
import type { LookUp, Offer, Source } from '../source.ts';

/** Short names of a few models that everybody needs. */
export const knownModel: Source = {
  title: 'a known model',
  examples: ['sd15', 'vae-ft-mse-840000'],
  read(text, endpoints) {
    const model = findKnownModel(text);
    return (
      model && {
        canonical: `known ${model.repository} ${model.path}`,
        lookUp: (lookUp) => findOffer(model, endpoints, lookUp),
      }
    );
  },
};

async function findOffer(model: KnownModel, { huggingface }: Endpoints, { http, signal }: LookUp): Promise<Offer> {
  const { repository, path, title, kind } = model;
  const place: HubPlace = { endpoint: huggingface, type: 'models', repository, revision: 'main', path, shows: 'file' };
  const { url, ...found } = await askHubFile(http, place, signal);
  refuseOther(model, found, url);
  const name = path.slice(path.lastIndexOf('/') + 1);
  // What is known here counts more than what a server says.
  const { sizeBytes = found.sizeBytes, sha256 = found.sha256 } = model;
  const facts = { ...(sizeBytes !== undefined && { sizeBytes }), ...(sha256 !== undefined && { sha256 }) };
  const page = hubUrl(place, 'blob', 'main', path);
  return { site: 'huggingface', title, page, files: [{ urls: [url], name, kind, ...facts }], notes: [] };
}

function refuseOther(model: KnownModel, found: Pick<HubFile, 'sizeBytes' | 'sha256'>, url: URL): void {
  const differ = (a: unknown, b: unknown): boolean => a !== undefined && b !== undefined && a !== b;
  if (!differ(model.sha256, found.sha256) && !differ(model.sizeBytes, found.sizeBytes)) return;
  throw new DanqingError('network', {
    where: showUrl(url),
    expected: `${model.title} with the checksum ${model.sha256?.slice(0, 10)}…`,
    found: `another file (${found.sha256?.slice(0, 10) ?? `${found.sizeBytes} bytes`}…)`,
    advice: 'Somebody replaced it. Do not use it without knowing why.',
  });
}
