/** A repository of the Hub, or a place in it. */
export interface HubPlace {
  readonly endpoint: URL;
  readonly type: 'models' | 'datasets' | 'spaces';
  /** `owner/name`, or the single name of an old repository. */
  readonly repository: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Folder or file; empty for the whole repository. */
  readonly path: string;
  /** What the link says the path is; a repository by its name says nothing. */
  readonly shows: 'file' | 'folder' | 'repository';
}

const TYPES = ['models', 'datasets', 'spaces'] as const;
const VIEWS: Readonly<Record<string, HubPlace['shows']>> = {
  blob: 'file',
  resolve: 'file',
  raw: 'file',
  blame: 'file',
  tree: 'folder',
};
/** Pages of the site that are no owners. */
const PAGES = new Set([
  'api',
  'docs',
  'blog',
  'settings',
  'join',
  'login',
  'papers',
  'collections',
  'models',
  'posts',
  'spaces',
]);

/** Reads the path of a page of the Hub; undefined for pages that are of no repository. */
export function readHubPath(pathname: string, endpoint: URL): HubPlace | undefined {
  const parts = pathname.split('/').filter((part) => part !== '');
  const type = TYPES.find((each) => each !== 'models' && each === parts[0]) ?? 'models';
  const names = (type === 'models' ? parts : parts.slice(1)).map(decodeSafely);
  const view = [2, 1].find((at) => VIEWS[names[at] ?? ''] !== undefined);
  const repository = names.slice(0, view ?? 2);
  if (repository.length === 0 || PAGES.has(repository[0]!) || !repository.every(isName)) return undefined;
  // Names without an owner are old; without a view they cannot be told from other pages.
  if (view === undefined && (repository.length < 2 || names.length > 2)) return undefined;
  const rest = view === undefined ? [] : names.slice(view + 1);
  // Pull requests and converted files live in branches with slashes.
  const length = rest[0] === 'refs' && rest.length > 2 ? 3 : 1;
  return {
    endpoint,
    type,
    repository: repository.join('/'),
    revision: rest.slice(0, length).join('/') || 'main',
    path: rest.slice(length).join('/'),
    shows: view === undefined ? 'repository' : VIEWS[names[view]!]!,
  };
}

/** Reads `owner/name`, or `owner/name/path/of/a.file`. */
export function readHubName(text: string, endpoint: URL): HubPlace | undefined {
  const [owner = '', name = '', ...path] = text.trim().split('/');
  if (!isName(owner) || !isName(name) || path.some((part) => !isPathPart(part))) return undefined;
  const shows = path.length === 0 ? 'repository' : /\.\w+$/.test(path.at(-1)!) ? 'file' : 'folder';
  return { endpoint, type: 'models', repository: `${owner}/${name}`, revision: 'main', path: path.join('/'), shows };
}

/** Address of a file of a repository, or of its page (`blob`, `tree`). */
export function hubUrl(place: HubPlace, view: 'resolve' | 'blob' | 'tree', revision: string, path: string): URL {
  const type = place.type === 'models' ? '' : `${place.type}/`;
  const encoded = path.split('/').map(encodeURIComponent).join('/');
  const base = `${place.endpoint.href.replace(/\/*$/, '/')}${type}${place.repository}/${view}/${encodeURIComponent(revision)}`;
  return new URL(encoded === '' ? base : `${base}/${encoded}`);
}

const isName = (text: string): boolean => /^\w[\w.-]{0,95}$/.test(text);

const isPathPart = (text: string): boolean => text !== '' && text !== '.' && text !== '..';

function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
