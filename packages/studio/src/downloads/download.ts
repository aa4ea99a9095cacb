import { DanqingError } from '@danqing/engine/errors';
import type { KindId } from '@danqing/engine/identify/identification';
import type { Words } from '@danqing/engine/words';
import type { HttpClient } from '@danqing/node/network/http-client';
import type { RetryPolicy } from '@danqing/node/network/retry';
import type { TransferProgress } from '@danqing/node/network/transfer/speed-meter';
import { type Arrival, examineArrival } from './examine-arrival.ts';
import { placeModelFolder } from './place-model-folder.ts';
import { receiveFile } from './receive-file.ts';
import { type AskConsent, refuseUnsafe } from './refuse-unsafe.ts';
import { type Destination, destinationFolder, nameFor, settleFile } from './settle-file.ts';
import type { Link, LookUp, Offer, RemoteFile } from './source.ts';
import { makeStaging, partPath, removeIfEmpty } from './staging.ts';

/** What happens to a download, for whoever watches. */
export type DownloadEvent =
  | { readonly type: 'found'; readonly offer: Offer }
  | { readonly type: 'progress'; readonly file: RemoteFile; readonly progress: TransferProgress }
  | { readonly type: 'verify' | 'examine'; readonly file: RemoteFile };

export interface DownloadOptions extends Destination {
  readonly signal?: AbortSignal | undefined;
  /** Files that are larger are refused. */
  readonly limitBytes?: number | undefined;
  readonly consent?: AskConsent | undefined;
  readonly retries?: RetryPolicy | undefined;
  readonly onEvent?: (event: DownloadEvent) => void;
}

/** A model that was fetched, in its place. */
export interface Downloaded {
  /** A file, or the folder of a model in several files. */
  readonly path: string;
  readonly kind: KindId;
  readonly title?: Words;
  readonly sizeBytes: number;
  readonly sha256?: string;
  /** Whether its checksum was announced and is right. */
  readonly verified: boolean;
  /** Whether the very same file was there before. */
  readonly existed: boolean;
  readonly offer: Offer;
  readonly notes: readonly string[];
}

/**
 * Fetches what a link leads to and puts it where it belongs: fetched under a name that nothing loads, compared with the
 * announced checksum, looked through for code, recognised by its contents, then made visible in one step.
 * @throws whatever keeps a file from being fetched or kept; what is there stays for the next try, except after a wrong checksum.
 */
export async function download(link: Link, lookUp: LookUp, options: DownloadOptions): Promise<Downloaded[]> {
  const offer = await link.lookUp({ ...lookUp, signal: options.signal });
  options.onEvent?.({ type: 'found', offer });
  const base = options.to ?? options.home;
  await makeStaging(base);
  const fetching = { link, base, offer, http: lookUp.http, options };
  try {
    return offer.folder === undefined ? await fetchFiles(fetching) : [await fetchFolder(fetching, offer.folder)];
  } finally {
    await removeIfEmpty(base);
  }
}

interface Fetching {
  readonly link: Link;
  readonly base: string;
  readonly offer: Offer;
  readonly http: HttpClient;
  readonly options: DownloadOptions;
}

/** A file that passed all checks and waits under its temporary name. */
interface Checked {
  readonly part: string;
  readonly name: string;
  /** Absent for the texts of a model in several files. */
  readonly arrival: Arrival | undefined;
  readonly sizeBytes: number;
  readonly verified: boolean;
  readonly notes: readonly string[];
}

async function fetchFiles(fetching: Fetching): Promise<Downloaded[]> {
  const done: Downloaded[] = [];
  for (const file of fetching.offer.files) done.push(await fetchFile(fetching, file));
  return done;
}

async function fetchFile(fetching: Fetching, file: RemoteFile): Promise<Downloaded> {
  const { offer, options } = fetching;
  const checked = await fetchAndCheck(fetching, file);
  const { part, sizeBytes, verified } = checked;
  const arrival = checked.arrival!;
  const notes = [...offer.notes, ...checked.notes, ...surprises(file, arrival, options)];
  refuseOtherThanModel(checked.name, part, arrival, options);
  const { name, note } = nameFor(checked.name, arrival);
  const folder = await destinationFolder(options, arrival.kind);
  const { path, existed } = await settleFile(part, folder, name);
  return {
    path,
    existed,
    kind: arrival.kind,
    ...(arrival.title && { title: arrival.title }),
    sizeBytes,
    verified,
    ...(file.sha256 !== undefined && { sha256: file.sha256 }),
    offer,
    notes: note === undefined ? notes : [...notes, note],
  };
}

/** Fetches all files of a model in several files before any of them becomes visible. */
async function fetchFolder(fetching: Fetching, name: string): Promise<Downloaded> {
  const { offer, options } = fetching;
  const checked: Checked[] = [];
  for (const file of offer.files) checked.push(await fetchAndCheck(fetching, file));
  const parts = checked.map(({ part }, i) => ({ part, path: offer.files[i]!.path! }));
  const folder = await destinationFolder(options, 'checkpoint');
  const { path, existed } = await placeModelFolder(parts, folder, name);
  return {
    path,
    existed,
    kind: 'checkpoint',
    sizeBytes: checked.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    verified: checked.some(({ verified }) => verified),
    offer,
    notes: [...offer.notes, ...checked.flatMap(({ notes }) => notes)],
  };
}

async function fetchAndCheck(fetching: Fetching, file: RemoteFile): Promise<Checked> {
  const { link, base, http, options } = fetching;
  const { signal, limitBytes, retries, consent, onEvent } = options;
  const part = partPath(base, link, file.path ?? file.urls[0].pathname);
  const isText = file.path !== undefined && /\.(?:json|txt|model)$/i.test(file.path);
  const received = await receiveFile(file, part, {
    http,
    signal,
    limitBytes,
    wantsText: isText,
    retries,
    onProgress: (progress) => onEvent?.({ type: 'progress', file, progress }),
    onVerify: () => onEvent?.({ type: 'verify', file }),
  });
  const name = received.name ?? file.name ?? '';
  const { sizeBytes, verified } = received;
  if (isText) return { part, name, arrival: undefined, sizeBytes, verified, notes: [] };
  onEvent?.({ type: 'examine', file });
  const arrival = await examineArrival(part, name);
  const note = await refuseUnsafe(name, part, arrival, consent);
  return { part, name, arrival, sizeBytes, verified, notes: note === undefined ? [] : [note] };
}

/** Where the contents are not what was promised or said. */
function surprises({ kind: promised }: RemoteFile, arrival: Arrival, { kind: said }: DownloadOptions): string[] {
  const notes: string[] = [];
  const { kind, trouble } = arrival;
  if (kind !== 'unknown' && said !== undefined && said !== kind)
    notes.push(`You called it a ${said}; by its contents it is a ${kind}.`);
  if (kind !== 'unknown' && promised !== undefined && !isAlike(promised, kind)) {
    notes.push(`The site calls it a ${promised}; by its contents it is a ${kind}.`);
  }
  if (arrival.format !== undefined && kind === 'unknown')
    notes.push('What it is for could not be told from its contents.');
  if (arrival.format !== undefined && trouble !== undefined) notes.push(`It seems broken: ${trouble}`);
  return notes;
}

/** LoRA and LyCORIS are one thing to many sites, checkpoints without VAE another. */
const isAlike = (promised: string, kind: KindId): boolean =>
  promised === kind || ALIKE.some((group) => group.includes(promised) && group.includes(kind));

const ALIKE: readonly (readonly string[])[] = [
  ['lora', 'lycoris'],
  ['checkpoint', 'denoiser'],
];

/** What is no model has no place among the models, unless a person names one. */
function refuseOtherThanModel(name: string, part: string, arrival: Arrival, { to, kind }: DownloadOptions): void {
  if (arrival.format !== undefined || to !== undefined || kind !== undefined) return;
  throw new DanqingError('bad-file', {
    where: name,
    expected: 'a model',
    found: arrival.trouble ?? 'something else',
    advice: `Name a folder (--to) to keep it anyway. Till then it is ${part}.`,
  });
}
