import { readFile, stat, unlink } from 'node:fs/promises';
import { writeAtomic } from '../../files/write-atomic.ts';
import { isComplete, type Segment } from './segments.ts';

/** Tells one content from another, as far as the server helps. */
export interface ContentIdentity {
  readonly sizeBytes: number;
  readonly etag?: string;
  readonly lastModified?: string;
  /** As announced by whoever gave the address; 64 hex digits. */
  readonly sha256?: string;
}

/** What is known of a file that is being fetched; saved beside the part that is there, so that a later run goes on. */
export interface Journal extends ContentIdentity {
  /** File name that the server gave. */
  readonly name?: string;
  readonly segments: readonly Segment[];
}

export const journalPath = (partPath: string): string => `${partPath}.journal`;

/** Saves what is there. The bytes it speaks of must be on the disk already. */
export async function saveJournal(partPath: string, { segments, ...rest }: Journal): Promise<void> {
  const saved = { ...rest, segments: segments.map(({ start, end, done }) => [start, end, done]) };
  await writeAtomic(journalPath(partPath), JSON.stringify(saved));
}

/** What an earlier run left; undefined when there is nothing, or nothing that fits together. */
export async function loadJournal(partPath: string): Promise<Journal | undefined> {
  try {
    const journal = parseJournal(JSON.parse(await readFile(journalPath(partPath), 'utf8')));
    const { size } = await stat(partPath);
    return journal !== undefined && size === journal.sizeBytes ? journal : undefined;
  } catch {
    return undefined;
  }
}

/** Removes a part and its journal. */
export async function forgetPart(partPath: string): Promise<void> {
  for (const path of [journalPath(partPath), partPath]) {
    await unlink(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** Whether nothing that is known of both tells two contents apart. */
export const canBeSame = (a: ContentIdentity, b: ContentIdentity): boolean =>
  a.sizeBytes === b.sizeBytes && marksOfBoth(a, b).every(([one, other]) => one === other);

/** Whether something beside the size says that two contents are the same. */
export const isKnownSame = (a: ContentIdentity, b: ContentIdentity): boolean =>
  canBeSame(a, b) && marksOfBoth(a, b).length > 0;

const marksOfBoth = (a: ContentIdentity, b: ContentIdentity): (readonly (string | undefined)[])[] =>
  [
    [a.sha256, b.sha256],
    [a.etag, b.etag],
    [a.lastModified, b.lastModified],
  ].filter(([one, other]) => one !== undefined && other !== undefined);

function parseJournal(value: unknown): Journal | undefined {
  const { sizeBytes, etag, lastModified, sha256, name, segments } = value as Record<string, unknown>;
  if (typeof sizeBytes !== 'number' || !Array.isArray(segments)) return undefined;
  const parsed: Segment[] = [];
  for (const each of segments as unknown[]) {
    const [start, end, done] = Array.isArray(each) ? (each as unknown[]).map(Number) : [];
    if (start !== (parsed.at(-1)?.end ?? 0) || !(end! > start) || !(done! >= 0) || !(start + done! <= end!))
      return undefined;
    parsed.push({ start, end: end!, done: done! });
  }
  if (parsed.at(-1)?.end !== sizeBytes) return undefined;
  const texts = Object.entries({ etag, lastModified, sha256, name }).filter(([, text]) => typeof text === 'string');
  return { sizeBytes, segments: parsed, ...Object.fromEntries(texts) };
}

/** Whether nothing is left to fetch. */
export const isFinished = ({ segments }: Journal): boolean => segments.every(isComplete);
