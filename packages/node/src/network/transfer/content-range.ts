import type { IncomingHttpHeaders } from 'node:http';

/** What `Content-Range` says: the first byte that comes, and the size of the whole, where they are told. */
export interface ContentRange {
  readonly start?: number;
  readonly sizeBytes?: number;
}

/** Reads `bytes 0-99/1000`, `bytes 0-99/*` or the `bytes * /1000` of a range that cannot be. */
export function readContentRange({ 'content-range': header }: IncomingHttpHeaders): ContentRange | undefined {
  const match = /^\s*bytes\s+(?:(\d+)\s*-\s*\d+|\*)\s*\/\s*(?:(\d+)|\*)\s*$/i.exec(header ?? '');
  if (match === null) return undefined;
  const [, start, sizeBytes] = match;
  return {
    ...(start !== undefined && { start: Number(start) }),
    ...(sizeBytes !== undefined && { sizeBytes: Number(sizeBytes) }),
  };
}
