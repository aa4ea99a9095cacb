import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type SeenRequest, type ServedFile, serveFile, startServer, type TestServer } from './http-server.ts';

/** A file that a site of the test has. */
export interface SiteFile extends Omit<ServedFile, 'bytes'> {
  readonly bytes: Uint8Array;
  readonly name: string;
  /** What is announced, where that is not the truth. */
  readonly sha256?: string;
  /** Of Civitai's types. */
  readonly type?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface SiteVersion {
  readonly id: number;
  readonly name: string;
  readonly files: readonly SiteFile[];
  readonly needsToken?: boolean;
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface SiteModel {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly versions: readonly SiteVersion[];
  readonly more?: Readonly<Record<string, unknown>>;
}

export interface SiteRepository {
  readonly name: string;
  /** Paths and files. */
  readonly files: Readonly<Record<string, SiteFile>>;
  readonly gated?: boolean;
}

/** Civitai and Hugging Face as a test needs them: two hosts that know models, and a third one that has the files. */
export interface TestSites {
  readonly civitai: TestServer;
  readonly hub: TestServer;
  readonly content: TestServer;
  /** Environment that names them as mirrors. */
  readonly env: Readonly<Record<string, string>>;
  /** What `/images` answers, by the number of a version. */
  readonly images: Map<string, unknown[]>;
  /** Puts a file among the contents; answers its address. */
  share(file: SiteFile): string;
  close(): Promise<void>;
}

export const TOKEN = 'test-token-0123';
const COMMIT = 'a'.repeat(40);

/** Starts them; the lists can be changed by the test at any time. */
export async function startSites(models: SiteModel[], repositories: SiteRepository[]): Promise<TestSites> {
  const files = new Map<string, SiteFile>();
  const images = new Map<string, unknown[]>();
  const content = await startServer(async (request, response) => {
    // Storage behind signed addresses refuses a second way to say who asks.
    if (request.headers.authorization !== undefined)
      return void response.writeHead(400).end('<Error><Code>InvalidArgument</Code></Error>');
    const file = files.get(new URL(request.path, 'http://x').pathname);
    if (file === undefined) return void response.writeHead(404).end();
    const headers = { 'content-disposition': `attachment; filename="${file.name}"`, ...file.headers };
    await serveFile(request, response, { etag: `"${hashOf(file).slice(0, 32)}"`, ...file, headers });
  });
  const addressOf = (file: SiteFile): string => {
    const path = `/${hashOf(file)}`;
    files.set(path, file);
    // Another name of this machine is another host.
    return content.url(`${path}?X-Amz-Signature=signed`, 'localhost').href;
  };
  const civitai = await startServer((request, response) => answerCivitai(request, response, models, images, addressOf));
  const hub = await startServer((request, response) => answerHub(request, response, repositories, addressOf));
  return {
    civitai,
    hub,
    content,
    images,
    share: addressOf,
    env: { CIVITAI_ENDPOINT: civitai.url('/').href, HF_ENDPOINT: hub.url('/').href },
    close: async () => void (await Promise.all([civitai.close(), hub.close(), content.close()])),
  };
}

export const hashOf = ({ bytes }: SiteFile): string => createHash('sha256').update(bytes).digest('hex');

const json = (response: ServerResponse, value: unknown, status = 200): void =>
  void response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value));

/** Shapes as https://developer.civitai.com/site/reference/ documents them. */
function answerCivitai(
  request: SeenRequest,
  response: ServerResponse,
  models: readonly SiteModel[],
  images: ReadonlyMap<string, unknown[]>,
  addressOf: (file: SiteFile) => string,
): void {
  const { pathname, searchParams } = new URL(request.path, 'https://civitai.com');
  const versions = models.flatMap((model) => model.versions.map((version) => ({ model, version })));
  const part = /^\/api\/(.*?)\/?([^/]*)$/.exec(pathname)!;
  const [, route, id] = part;
  switch (route) {
    case 'v1/models': {
      const model = models.find((each) => String(each.id) === id);
      if (model === undefined) return json(response, { error: `No model with id ${id}` }, 404);
      return json(response, modelJson(model));
    }
    case 'v1': {
      if (id === 'images')
        return json(response, { items: images.get(searchParams.get('modelVersionId') ?? '') ?? [], metadata: {} });
      if (searchParams.has('page') && searchParams.has('query')) return json(response, { error: 'Bad Request' }, 400);
      const ids = searchParams.get('ids')?.split(',');
      const types = searchParams.getAll('types');
      const words = searchParams.get('query')?.toLowerCase() ?? '';
      const found = models.filter(
        (model) =>
          (ids?.includes(String(model.id)) ?? true) &&
          (types.length === 0 || types.includes(model.type)) &&
          model.name.toLowerCase().includes(words),
      );
      const start = Number(searchParams.get('cursor') ?? 0);
      const limit = Number(searchParams.get('limit') ?? 100);
      const next = start + limit < found.length ? { nextCursor: String(start + limit) } : {};
      return json(response, { items: found.slice(start, start + limit).map(modelJson), metadata: next });
    }
    case 'v1/model-versions': {
      if (id === 'by-hash' && request.method === 'POST') {
        const wanted = JSON.parse(request.body) as string[];
        const known = versions.filter(({ version }) => version.files.some((file) => wanted.includes(hashOf(file))));
        return json(
          response,
          known.map(({ model, version }) => versionJson(model, version)),
        );
      }
      const found = versions.find(({ version }) => String(version.id) === id);
      if (found === undefined) return json(response, { error: `No model version with id ${id}` }, 404);
      return json(response, versionJson(found.model, found.version));
    }
    case 'v1/model-versions/by-hash': {
      const found = versions.find(({ version }) => version.files.some((file) => hashOf(file) === id!.toLowerCase()));
      return found
        ? json(response, versionJson(found.model, found.version))
        : json(response, { error: 'Model not found' }, 404);
    }
    case 'download/models': {
      const found = versions.find(({ version }) => String(version.id) === id)?.version;
      if (found === undefined) return json(response, { error: 'Not Found' }, 404);
      if (found.needsToken === true && request.headers.authorization !== `Bearer ${TOKEN}`) {
        const message = 'The creator of this asset requires you to be logged in to download it';
        return json(response, { error: 'Unauthorized', message }, 401);
      }
      const fileId = searchParams.get('fileId');
      const file = found.files.find((_, i) => (fileId === null ? i === 0 : String(found.id * 10 + i) === fileId));
      const type = searchParams.get('type');
      const byType = type === null ? file : found.files.find((each) => (each.type ?? 'Model') === type);
      if (byType === undefined) return json(response, { error: 'Not Found' }, 404);
      return void response.writeHead(307, { location: addressOf(byType) }).end();
    }
    default:
      return json(response, { error: 'Not Found' }, 404);
  }
}

const modelJson = (model: SiteModel): unknown => ({
  id: model.id,
  name: model.name,
  type: model.type,
  description: '<p>Made for <b>tests</b>.</p>',
  nsfw: false,
  stats: { downloadCount: 1234, thumbsUpCount: 56, thumbsDownCount: 7, commentCount: 8 },
  creator: { username: 'somebody' },
  tags: ['style'],
  modelVersions: model.versions.map((version) => {
    const { model: _, ...rest } = versionJson(model, version) as Record<string, unknown>;
    return rest;
  }),
  ...model.more,
});

const versionJson = (model: SiteModel, version: SiteVersion): unknown => ({
  id: version.id,
  modelId: model.id,
  name: version.name,
  description: null,
  baseModel: 'SD 1.5',
  status: 'Published',
  availability: 'Public',
  publishedAt: '2023-12-18T09:16:12.062Z',
  usageControl: 'Download',
  trainedWords: [],
  stats: { downloadCount: 100, thumbsUpCount: 10 },
  model: { name: model.name, type: model.type, nsfw: false, poi: false },
  files: version.files.map((file, i) => ({
    id: version.id * 10 + i,
    name: file.name,
    type: file.type ?? 'Model',
    sizeKB: file.bytes.length / 1024,
    metadata: file.metadata ?? { format: 'SafeTensor', size: 'pruned', fp: 'fp16' },
    pickleScanResult: 'Success',
    virusScanResult: 'Success',
    hashes: { AutoV2: hashOf(file).slice(0, 10).toUpperCase(), SHA256: (file.sha256 ?? hashOf(file)).toUpperCase() },
    downloadUrl: `https://civitai.com/api/download/models/${version.id}${i === 0 ? '' : `?type=${file.type}`}`,
    ...(i === 0 && { primary: true }),
  })),
  images: [],
  downloadUrl: `https://civitai.com/api/download/models/${version.id}`,
  ...version.more,
});

/** Answers as huggingface_hub expects them. */
async function answerHub(
  request: SeenRequest,
  response: ServerResponse,
  repositories: readonly SiteRepository[],
  addressOf: (file: SiteFile) => string,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.path, 'https://huggingface.co');
  const refuse = (status: number, code: string, message: string): void =>
    void response.writeHead(status, { 'x-error-code': code, 'x-error-message': message }).end();
  const tree = /^\/api\/models\/([^/]+\/[^/]+)\/tree\/main\/?(.*)$/.exec(pathname);
  const resolved = /^\/([^/]+\/[^/]+)\/resolve\/(main|a{40})\/(.+)$/.exec(pathname);
  const repository = repositories.find(({ name }) => name === (tree ?? resolved)?.[1]);
  if (repository === undefined) return refuse(401, 'RepoNotFound', 'Invalid username or password.');
  if (repository.gated === true && request.headers.authorization !== `Bearer ${TOKEN}`) {
    return refuse(401, 'GatedRepo', 'Access to model is restricted. You must be authenticated to access it.');
  }
  if (tree !== null) {
    const below = decodeURIComponent(tree[2]!);
    const entries = Object.entries(repository.files)
      .filter(([path]) => path.startsWith(below))
      .map(([path, file]) => ({
        type: 'file',
        oid: hashOf(file).slice(0, 40),
        path,
        size: file.bytes.length,
        // Small texts are stored in git itself.
        ...(!/\.(?:json|txt)$/.test(path) && { lfs: { oid: hashOf(file), size: file.bytes.length, pointerSize: 135 } }),
      }));
    const start = Number(searchParams.get('cursor') ?? 0);
    const next = `<https://huggingface.co${pathname}?recursive=true&cursor=${start + 3}>; rel="next"`;
    const headers = { 'content-type': 'application/json', ...(start + 3 < entries.length && { link: next }) };
    response.writeHead(200, headers).end(JSON.stringify(entries.slice(start, start + 3)));
    return;
  }
  const file = repository.files[decodeURIComponent(resolved![3]!)];
  if (file === undefined) return refuse(404, 'EntryNotFound', 'Entry not found');
  const etag = `"${file.sha256 ?? hashOf(file)}"`;
  const facts = { 'x-repo-commit': COMMIT, 'x-linked-etag': etag, 'x-linked-size': String(file.bytes.length) };
  if (/\.(?:json|txt)$/.test(file.name))
    await serveFile(request, response, { ...file, etag: `"${hashOf(file).slice(0, 40)}"` });
  else response.writeHead(302, { ...facts, location: addressOf(file) }).end();
}
