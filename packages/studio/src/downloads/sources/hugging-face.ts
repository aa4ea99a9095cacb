import type { HubTreeEntry } from '@danqing/contract/hugging-face';
import { DanqingError } from '@danqing/engine/errors';
import { askHubFile, listHubTree } from '../hugging-face/hub-client.ts';
import { type HubPlace, hubUrl, readHubName, readHubPath } from '../hugging-face/hub-link.ts';
import { recommended, sortTree } from '../hugging-face/sort-tree.ts';
import { isOf, readWebLink } from '../read-web-link.ts';
import type { Endpoints } from '../sites.ts';
import type { Choice, Link, LookUp, Offer, RemoteFile, Source } from '../source.ts';

const HOSTS = ['huggingface.co', 'hf.co'];
/** Mirrors that show the Hub's pages under their own name; a link to one is asked for there. */
const MIRRORS = ['hf-mirror.com'];

/** Hugging Face: files, folders and repositories, by link or by name. */
export const huggingFace: Source = {
  title: 'Hugging Face',
  examples: [
    'https://huggingface.co/XpucT/Deliberate/blob/main/Deliberate_v2.safetensors',
    'https://huggingface.co/Kanbara/doll-likeness-series/tree/main',
    'Linaqruf/anything-v3.0',
  ],
  read(text, endpoints) {
    const place = readPlace(text, endpoints);
    if (place === undefined) return undefined;
    const { type, repository, revision, path } = place;
    const link: Link = {
      canonical: `hugging face ${type} ${repository} ${revision} ${path}`,
      lookUp: (lookUp) => (place.shows === 'file' ? findFile(place, lookUp) : findModels(place, lookUp)),
    };
    return link;
  },
};

function readPlace(text: string, endpoints: Endpoints): HubPlace | undefined {
  const name = readHubName(text, endpoints.huggingface);
  if (name !== undefined && !/^[\w-]+(?:\.[\w-]+)*\.(?:com|co|art|net|org|io|cn|ai)$/i.test(text.split('/')[0]!))
    return name;
  const url = readWebLink(text);
  if (url === undefined) return undefined;
  const isMirror = isOf(url, MIRRORS);
  if (!isMirror && !isOf(url, HOSTS) && url.host !== endpoints.huggingface.host) return undefined;
  const endpoint = isMirror ? new URL(url.origin) : endpoints.huggingface;
  // A mirror may live below a path of its host.
  const isBelow = url.host === endpoint.host && url.pathname.startsWith(endpoint.pathname);
  const place = readHubPath(isBelow ? url.pathname.slice(endpoint.pathname.length) : url.pathname, endpoint);
  if (place !== undefined) return place;
  throw new DanqingError('bad-value', {
    where: `the link to Hugging Face ${url.pathname}`,
    expected: 'a link to a file, a folder or a repository',
    found: 'a link to something else',
  });
}

async function findFile(place: HubPlace, { http, signal }: LookUp): Promise<Offer> {
  const { url, ...facts } = await askHubFile(http, place, signal);
  const file: RemoteFile = { urls: [url], name: nameOf(place.path), ...facts };
  return offerOf(place, [file]);
}

async function findModels(place: HubPlace, lookUp: LookUp): Promise<Offer> {
  const { single, folders } = sortTree(await listHubTree(lookUp.http, place, lookUp.signal));
  const [folder] = folders;
  if (single.length === 0 && folder !== undefined && folders.length === 1) return folderOffer(place, folder);
  const chosen = await chooseModels(place, single, lookUp);
  const passedOver = single.filter((entry) => !chosen.includes(entry)).map(({ path }) => path);
  const notes = passedOver.length === 0 ? [] : [`The repository also has ${listed(passedOver)}.`];
  return offerOf(
    place,
    chosen.map((entry) => remoteFile(place, entry)),
    notes,
  );
}

async function chooseModels(
  place: HubPlace,
  single: readonly HubTreeEntry[],
  { choose }: LookUp,
): Promise<readonly HubTreeEntry[]> {
  if (single.length === 1) return single;
  const best = recommended(single);
  if (best !== undefined) return [best];
  const choices = single.map((entry): Choice => {
    const link = hubUrl(place, 'blob', place.revision, entry.path).href;
    return { name: entry.path, sizeBytes: entry.size, link };
  });
  if (choices.length > 0 && choose !== undefined) {
    const chosen = await choose(choices);
    return single.filter((_, i) => chosen.includes(i));
  }
  throw new DanqingError(single.length === 0 ? 'missing' : 'bad-value', {
    where: `Hugging Face › ${place.repository}${place.path && ` › ${place.path}`}`,
    expected: 'one model',
    found: single.length === 0 ? 'none' : `${single.length}: ${listed(single.map(({ path }) => path))}`,
    ...(choices[0] !== undefined && { advice: `Name one of them, such as ${choices[0].link}` }),
  });
}

/** A model in several files stays in the layout that diffusers gave it. */
function folderOffer(place: HubPlace, { path, files }: { path: string; files: readonly HubTreeEntry[] }): Offer {
  const remote = files.map((entry) => ({
    ...remoteFile(place, entry),
    path: path === '' ? entry.path : entry.path.slice(path.length + 1),
  }));
  const folder = nameOf(path === '' ? place.repository : path);
  return { ...offerOf(place, remote), folder };
}

function offerOf(place: HubPlace, files: readonly RemoteFile[], notes: readonly string[] = []): Offer {
  const page = hubUrl(place, place.shows === 'file' ? 'blob' : 'tree', place.revision, place.path);
  return { site: 'huggingface', title: place.repository, page, files, notes };
}

function remoteFile(place: HubPlace, { path, size, lfs }: HubTreeEntry): RemoteFile {
  const sizeBytes = lfs?.size ?? size;
  return {
    urls: [hubUrl(place, 'resolve', place.revision, path)],
    name: nameOf(path),
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(lfs !== undefined && /^[\da-f]{64}$/.test(lfs.oid) && { sha256: lfs.oid }),
  };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function listed(paths: readonly string[]): string {
  const some = paths.slice(0, 10).join(', ');
  return paths.length > 10 ? `${some} and ${paths.length - 10} more` : some;
}
