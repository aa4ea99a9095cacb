import type { CivitaiFile, CivitaiModel, CivitaiVersion } from '@danqing/contract/civitai';
import { DanqingError } from '@danqing/engine/errors';
import { HttpTrouble } from '@danqing/node/network/http-trouble';
import { kindOfType } from '../civitai/model-types.ts';
import { isOf, readWebLink } from '../read-web-link.ts';
import { at, type Endpoints } from '../sites.ts';
import type { LookUp, Offer, RemoteFile, Source } from '../source.ts';

/**
 * Hosts whose links are read as Civitai's. Only the endpoint is ever asked: `iativic.com` is a misprint that belongs to a
 * stranger, and the others show the same models.
 */
const HOSTS = ['civitai.com', 'civitai.green', 'civitai.red', 'iativic.com'];

/** What a link asks for. */
interface Wanted {
  readonly modelId?: number;
  readonly versionId?: number;
  /** `type`, `format`, `size`, `fp` and `fileId` choose among the files of a version. */
  readonly file: ReadonlyMap<string, string>;
}

/** Civitai: pages of models, links of its API, and what is printed as if it were Civitai. */
export const civitai: Source = {
  title: 'Civitai',
  examples: ['https://civitai.com/models/4384/dreamshaper', 'https://civitai.com/api/download/models/29460'],
  read(text, endpoints) {
    const url = readWebLink(text);
    if (url === undefined || !(isOf(url, HOSTS) || url.host === endpoints.civitai.host)) return undefined;
    const wanted = readWanted(url);
    const token = url.searchParams.get('token');
    return {
      canonical: canonical(wanted),
      ...(token !== null && token !== '' && { token: { origin: endpoints.civitai.origin, value: token } }),
      lookUp: (lookUp) => findOffer(wanted, lookUp),
    };
  },
};

function readWanted(url: URL): Wanted {
  const path = url.pathname;
  // `model` in one is how some tutorials print it.
  const page = /\/(?:api\/v1\/)?models?\/(\d+)(?:\/|$)/.exec(path);
  const version = /\/(?:api\/download\/models|(?:api\/v1\/)?model-versions)\/(\d+)\/?$/.exec(path);
  const file = new Map<string, string>();
  for (const name of ['type', 'format', 'size', 'fp', 'fileId']) {
    const value = url.searchParams.get(name);
    if (value !== null && value !== '') file.set(name, value);
  }
  const versionId = version?.[1] ?? url.searchParams.get('modelVersionId') ?? '';
  const wanted = {
    ...(version === null && page !== null && { modelId: Number(page[1]) }),
    ...(/^\d+$/.test(versionId) && { versionId: Number(versionId) }),
    file,
  };
  if (wanted.modelId !== undefined || wanted.versionId !== undefined) return wanted;
  throw new DanqingError('bad-value', {
    where: `the link to Civitai ${path}`,
    expected: 'the page of a model, such as https://civitai.com/models/4384, or a download link of one',
    found: 'a link to something else',
  });
}

function canonical({ modelId, versionId, file }: Wanted): string {
  const query = [...file].map(([name, value]) => ` ${name}=${value}`).join('');
  return `civitai ${versionId === undefined ? `model ${modelId}` : `version ${versionId}`}${query}`;
}

async function findOffer(wanted: Wanted, lookUp: LookUp): Promise<Offer> {
  const { civitai: client, signal } = lookUp;
  let model: CivitaiModel | undefined;
  let version: CivitaiVersion;
  try {
    model = wanted.modelId === undefined ? undefined : await client.model(wanted.modelId, signal);
    version = model === undefined ? await client.version(wanted.versionId!, signal) : chooseVersion(model, wanted);
  } catch (error) {
    const isFileKnown = error instanceof HttpTrouble && error.code === 'network' && wanted.versionId !== undefined;
    if (!isFileKnown) throw error;
    return blindOffer(wanted, lookUp.endpoints, error);
  }
  const about = model ?? version.model;
  const info = {
    name: about?.name,
    type: about?.type,
    mode: about?.mode,
    nsfw: about?.nsfw,
    description: about?.description,
    tags: about?.tags ?? [],
  };
  refuseUnavailable(info.mode, version);
  const file = chooseFile(version, wanted);
  const modelId = model?.id ?? version.modelId;
  return {
    site: 'civitai',
    title: [info.name, version.name].filter((each) => each !== undefined && each !== '').join(' › '),
    ...(modelId !== undefined && {
      page: at(lookUp.endpoints.civitai, `models/${modelId}?modelVersionId=${version.id}`),
    }),
    files: [remoteFile(file, version, info.type, lookUp.endpoints)],
    // The side file has the version as the single request for it answers: with its model.
    civitai: { ...version, ...(modelId !== undefined && { modelId }), model: info },
    notes: [...earlyNotes(version), ...otherFiles(version, file)],
  };
}

/** Without facts (the API is down, the download may not be): only the link itself. */
function blindOffer({ versionId, file }: Wanted, endpoints: Endpoints, error: Error): Offer {
  const url = downloadUrl(endpoints, versionId!, file);
  return {
    site: 'civitai',
    files: [{ urls: [url] }],
    notes: [`What Civitai says of it could not be read. ${error.message}`],
  };
}

function chooseVersion({ modelVersions, name, id }: CivitaiModel, { versionId }: Wanted): CivitaiVersion {
  const version = versionId === undefined ? modelVersions[0] : modelVersions.find((each) => each.id === versionId);
  if (version !== undefined) return version;
  const listed = modelVersions.map((each) => `${each.id} (${each.name})`).join(', ');
  throw new DanqingError('missing', {
    where: `Civitai › ${name || `model ${id}`}`,
    expected: versionId === undefined ? 'a version that is published' : `version ${versionId}`,
    found: listed === '' ? 'none' : `the versions ${listed}`,
  });
}

function refuseUnavailable(mode: string | undefined, { name, usageControl, model }: CivitaiVersion): void {
  const found =
    mode === 'Archived' || mode === 'TakenDown'
      ? 'that it was taken back'
      : usageControl !== undefined && usageControl !== 'Download'
        ? 'that its author lets it be used on the site only'
        : undefined;
  if (found === undefined) return;
  throw new DanqingError('denied', {
    where: `Civitai › ${model?.name ?? ''} ${name}`,
    expected: 'a file to download',
    found,
  });
}

function chooseFile(version: CivitaiVersion, { file: asked }: Wanted): CivitaiFile {
  const { files } = version;
  const fits = (file: CivitaiFile): boolean =>
    [...asked].every(([name, value]) => {
      const has = name === 'type' ? file.type : name === 'fileId' ? String(file.id) : file.metadata?.[name];
      return String(has).toLowerCase() === value.toLowerCase();
    });
  const fitting = files.filter(fits);
  const chosen =
    fitting.find((file) => file.primary === true) ??
    fitting.find((file) => /^(?:Pruned )?Model$/.test(file.type ?? '')) ??
    fitting[0];
  if (chosen !== undefined) return chosen;
  throw new DanqingError('missing', {
    where: `Civitai › ${version.model?.name ?? ''} ${version.name}`,
    expected:
      asked.size === 0 ? 'a file' : `a file with ${[...asked].map(([name, value]) => `${name} ${value}`).join(', ')}`,
    found: files.length === 0 ? 'none' : files.map(describeFile).join('; '),
  });
}

function remoteFile(
  file: CivitaiFile,
  version: CivitaiVersion,
  type: string | undefined,
  endpoints: Endpoints,
): RemoteFile {
  const sha256 = file.hashes?.['SHA256']?.toLowerCase();
  const kind = kindOfType(type, file.type);
  const announced = file.downloadUrl ?? version.downloadUrl ?? '';
  const urls = [downloadUrl(endpoints, version.id, queryOf(announced))];
  // Addresses with several words sometimes lead nowhere; the number of the file does.
  if (file.id !== undefined && file.primary !== true) {
    urls.push(downloadUrl(endpoints, version.id, new Map([['fileId', String(file.id)]])));
  }
  return {
    urls: urls as [URL, ...URL[]],
    ...(file.name !== undefined && { name: file.name }),
    ...(sha256 !== undefined && /^[\da-f]{64}$/.test(sha256) && { sha256 }),
    ...(kind !== undefined && { kind }),
  };
}

/** Always at the endpoint, whatever host an answer names. */
function downloadUrl(endpoints: Endpoints, versionId: number, query: ReadonlyMap<string, string>): URL {
  const url = at(endpoints.civitai, `api/download/models/${versionId}`);
  for (const [name, value] of query) url.searchParams.set(name, value);
  return url;
}

function queryOf(address: string): ReadonlyMap<string, string> {
  if (!URL.canParse(address)) return new Map();
  const { searchParams } = new URL(address);
  searchParams.delete('token');
  return new Map(searchParams);
}

function earlyNotes({ availability, earlyAccessEndsAt }: CivitaiVersion): string[] {
  if (availability !== 'EarlyAccess') return [];
  const until = earlyAccessEndsAt === undefined ? '' : ` until ${earlyAccessEndsAt.slice(0, 10)}`;
  return [`It is for those who paid for early access${until}; others will be refused.`];
}

function otherFiles({ files, id }: CivitaiVersion, chosen: CivitaiFile): string[] {
  return files
    .filter((file) => file !== chosen && file.type !== 'Training Data')
    .map((file) => {
      const address = file.downloadUrl ?? `https://civitai.com/api/download/models/${id}?fileId=${file.id}`;
      return `There is also ${describeFile(file)}: ${address}`;
    });
}

function describeFile({ name = 'a file', type, sizeKB, metadata }: CivitaiFile): string {
  const size = sizeKB === undefined ? undefined : `${(sizeKB / 1024).toFixed(1)} MiB`;
  const words = [type, metadata?.format, metadata?.size, metadata?.fp, size].filter((each) => each !== undefined);
  return words.length === 0 ? name : `${name} (${words.join(', ')})`;
}
