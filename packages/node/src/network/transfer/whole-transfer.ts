import { parseContentDisposition } from '../content-disposition.ts';
import type { HttpClient, HttpReply } from '../http-client.ts';
import { connectionTrouble } from '../http-trouble.ts';
import { troubleOf, unpackedBody } from '../read-body.ts';
import { DEFAULT_RETRIES, withRetries } from '../retry.ts';
import type { PartFile } from './part-file.ts';
import type { TransferRequest, TransferResult } from './transfer-request.ts';
import { emptyTrouble, lengthTrouble, refuseSize } from './transfer-trouble.ts';
import { refusePage } from './web-page.ts';

/** Without a size, space is asked for in portions. */
const PORTION_BYTES = 64 * 2 ** 20;

/** Fetches in one stream, from the start after every failure: for servers that know no ranges or pack what they send. */
export async function transferWhole(
  client: HttpClient,
  request: TransferRequest,
  part: PartFile,
): Promise<TransferResult> {
  const { url, signal, retries = DEFAULT_RETRIES } = request;
  const attempt = async (): Promise<TransferResult> => {
    const reply = await client.request(url, { headers: { 'accept-encoding': 'identity' }, signal });
    if (reply.status !== 200) throw await troubleOf(client, reply);
    const sizeBytes = await store(reply, request, part);
    const name = nameOf(reply);
    return { sizeBytes, resumedBytes: 0, ...(name !== undefined && { name }) };
  };
  return withRetries(attempt, retries, signal);
}

/** The file name that an answer gives. */
export function nameOf({ headers }: HttpReply): string | undefined {
  const header = headers['content-disposition'];
  return header === undefined ? undefined : parseContentDisposition(header);
}

async function store(reply: HttpReply, request: TransferRequest, part: PartFile): Promise<number> {
  const { url, headers } = reply;
  const isPacked = (headers['content-encoding'] ?? 'identity') !== 'identity';
  const length = isPacked ? undefined : headers['content-length'];
  const totalBytes = length === undefined ? undefined : Number(length);
  if (totalBytes !== undefined) refuseSize(request, reply, totalBytes);
  await part.truncate(0);
  await request.checkSpace?.(totalBytes ?? PORTION_BYTES);
  let done = 0;
  try {
    for await (const received of unpackedBody(reply)) {
      const bytes = received as Buffer;
      if (done === 0) refusePage(url, bytes, headers['content-type'], request.wantsText);
      if (done + bytes.length > (request.limitBytes ?? Number.POSITIVE_INFINITY)) {
        refuseSize(request, reply, done + bytes.length);
      }
      if (totalBytes === undefined && crossesPortion(done, bytes.length)) await request.checkSpace?.(PORTION_BYTES);
      await part.write(bytes, done);
      done += bytes.length;
      part.tell(() => done, totalBytes);
    }
  } catch (error) {
    request.signal?.throwIfAborted();
    throw connectionTrouble(url, error);
  } finally {
    reply.body.destroy();
  }
  if (done === 0) throw emptyTrouble(url);
  if (totalBytes !== undefined && done !== totalBytes) throw lengthTrouble(url, `${done} of ${totalBytes} bytes`);
  refuseSize(request, reply, done);
  await part.sync();
  part.tell(() => done, done, true);
  return done;
}

const crossesPortion = (done: number, more: number): boolean =>
  Math.floor(done / PORTION_BYTES) !== Math.floor((done + more) / PORTION_BYTES);
