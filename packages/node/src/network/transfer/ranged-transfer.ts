import { discard, type HttpClient, type HttpReply } from '../http-client.ts';
import { connectionTrouble, HttpTrouble } from '../http-trouble.ts';
import { troubleOf } from '../read-body.ts';
import { DEFAULT_RETRIES, type RetryPolicy, waitAfter, withRetries } from '../retry.ts';
import { readContentRange } from './content-range.ts';
import { type ContentIdentity, canBeSame, isFinished, isKnownSame, type Journal, saveJournal } from './journal.ts';
import type { PartFile } from './part-file.ts';
import { doneBytes, isComplete, planSegments, type Segment } from './segments.ts';
import type { TransferRequest, TransferResult } from './transfer-request.ts';
import { emptyTrouble, lengthTrouble, refuseSize, Unlike } from './transfer-trouble.ts';
import { refusePage } from './web-page.ts';
import { nameOf } from './whole-transfer.ts';

const CONNECTIONS = 4;
const SEGMENT_BYTES = 32 * 2 ** 20;
const SAVE_INTERVAL_MS = 1000;
/** Fewer bytes than this are no progress that would forgive a failure. */
const PROGRESS_BYTES = 64 * 1024;

/** Fetches a file in several ranges at once, and goes on with what an earlier run left. */
export class RangedTransfer {
  readonly #client: HttpClient;
  readonly #request: TransferRequest;
  readonly #part: PartFile;
  readonly #retries: RetryPolicy;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #journal: Journal | undefined;
  #saving: Promise<void> | undefined;
  /** Whether the server's file was compared with the journal, or the journal is of this run. */
  #checked = false;
  /** Where redirects led: asked straight away as long as that works. */
  #direct: URL | undefined;

  constructor(client: HttpClient, request: TransferRequest, part: PartFile, journal: Journal | undefined) {
    this.#client = client;
    this.#request = request;
    this.#part = part;
    this.#journal = journal;
    this.#retries = request.retries ?? DEFAULT_RETRIES;
    this.#signal = request.signal ? AbortSignal.any([request.signal, this.#stop.signal]) : this.#stop.signal;
  }

  /** @throws Unlike when everything must begin anew; HttpTrouble, io, the signal's reason. */
  async run(): Promise<TransferResult> {
    const resumedBytes = doneBytes(this.#journal?.segments ?? []);
    try {
      if (this.#journal !== undefined) await this.#checkJournal(this.#journal);
      if (this.#journal === undefined || !isFinished(this.#journal)) {
        const first = this.#journal?.segments.find((segment) => !isComplete(segment));
        const reply = await withRetries(() => this.#begin(first), this.#retries, this.#signal);
        await this.#fillAll(reply);
      }
    } finally {
      this.#stop.abort();
    }
    const { sizeBytes, name } = this.#journal!;
    this.#part.tell(() => sizeBytes, sizeBytes, true);
    return { sizeBytes, resumedBytes, ...(name !== undefined && { name }) };
  }

  async #checkJournal({ sha256, sizeBytes, segments }: Journal): Promise<void> {
    const announced = this.#request;
    const isOther =
      (sha256 !== undefined && announced.sha256 !== undefined && sha256 !== announced.sha256) ||
      (announced.sizeBytes !== undefined && announced.sizeBytes !== sizeBytes);
    if (isOther) throw new Unlike(announced.url, 'another checksum or size');
    await announced.checkSpace?.(sizeBytes - doneBytes(segments));
  }

  /** Asks for the first bytes that are missing, and learns from the answer what there is to fetch. */
  async #begin(segment: Segment | undefined): Promise<HttpReply> {
    const { url, segmentBytes = SEGMENT_BYTES } = this.#request;
    const start = segment === undefined ? 0 : segment.start + segment.done;
    const reply = await this.#ask(url, start, segment?.end ?? segmentBytes);
    if (reply.status === 206) {
      const found = this.#checkRange(reply, start);
      if (this.#journal === undefined) await this.#plan(reply, found, segmentBytes);
      return reply;
    }
    discard(reply);
    if (reply.status === 200) throw new Unlike(url, 'a server that sends files whole only', false);
    if (readContentRange(reply.headers)?.sizeBytes === 0) throw emptyTrouble(url);
    throw new Unlike(url, 'another size', segment !== undefined);
  }

  async #plan(reply: HttpReply, found: ContentIdentity, segmentBytes: number): Promise<void> {
    refuseSize(this.#request, reply, found.sizeBytes);
    await this.#request.checkSpace?.(found.sizeBytes);
    await this.#part.truncate(found.sizeBytes);
    const name = nameOf(reply);
    const segments = planSegments(found.sizeBytes, segmentBytes);
    this.#journal = { ...found, ...(name !== undefined && { name }), segments };
  }

  /** Asks for a range; answers other than bytes, all bytes and "no such range" are trouble. */
  async #ask(url: URL, start: number, end: number): Promise<HttpReply> {
    const headers = { 'accept-encoding': 'identity', range: `bytes=${start}-${end - 1}` };
    const reply = await this.#client.request(url, { headers, signal: this.#signal });
    if (![200, 206, 416].includes(reply.status)) throw await troubleOf(this.#client, reply);
    if (reply.url.href !== this.#request.url.href) this.#direct = reply.url;
    return reply;
  }

  /** Asks for what is missing of a segment, where redirects led before; addresses there may have expired. */
  async #askAgain(segment: Segment): Promise<HttpReply> {
    const start = segment.start + segment.done;
    const direct = this.#direct;
    let reply: HttpReply;
    try {
      reply = await this.#ask(direct ?? this.#request.url, start, segment.end);
    } catch (error) {
      if (direct === undefined || !(error instanceof HttpTrouble) || error.passing) throw error;
      this.#direct = undefined;
      reply = await this.#ask(this.#request.url, start, segment.end);
    }
    if (reply.status === 206) {
      this.#checkRange(reply, start);
      return reply;
    }
    discard(reply);
    throw new Unlike(reply.url, 'no such range any more', reply.status === 416);
  }

  /** What a range says about the whole file, when it is the range that was asked for and of the same file. */
  #checkRange(reply: HttpReply, start: number): ContentIdentity {
    const range = readContentRange(reply.headers);
    const { etag, 'last-modified': lastModified, 'content-encoding': encoding } = reply.headers;
    const { sha256 } = this.#request;
    const isOther = range?.start !== start || range.sizeBytes === undefined || (encoding ?? 'identity') !== 'identity';
    if (isOther) {
      discard(reply);
      throw new Unlike(reply.url, 'ranges that are not those asked for', false);
    }
    const found = {
      sizeBytes: range.sizeBytes,
      ...(etag !== undefined && { etag }),
      ...(lastModified !== undefined && { lastModified }),
      ...(sha256 !== undefined && { sha256 }),
    };
    // Within one run the size must do where a server says no more; across runs it proves too little.
    const isSame = this.#checked ? canBeSame : isKnownSame;
    if (this.#journal !== undefined && !isSame(this.#journal, found)) {
      discard(reply);
      throw new Unlike(reply.url, 'one of another date, size or tag');
    }
    this.#checked = true;
    return found;
  }

  /** Lets several requests fill the segments; `reply` holds the first missing bytes. */
  async #fillAll(reply: HttpReply): Promise<void> {
    const queue = this.#journal!.segments.filter((segment) => !isComplete(segment));
    const count = Math.min(this.#request.connections ?? CONNECTIONS, queue.length);
    let working = count;
    const work = async (given: HttpReply | undefined): Promise<void> => {
      let first = given;
      for (let segment = queue.shift(); segment !== undefined; segment = queue.shift()) {
        try {
          await this.#fill(segment, first);
        } catch (error) {
          const isPassing = error instanceof HttpTrouble && error.passing;
          // A server that takes fewer connections than this gets fewer.
          if (!isPassing || --working === 0) throw error;
          queue.push(segment);
          return;
        }
        first = undefined;
      }
      working--;
    };
    const timer = setInterval(() => void this.#save().catch(() => {}), SAVE_INTERVAL_MS);
    try {
      const works = Array.from({ length: count }, (_, i) => work(i === 0 ? reply : undefined));
      await allOrFirstFailure(works, this.#stop);
    } finally {
      clearInterval(timer);
      await this.#saving?.catch(() => {});
      // Trouble with the journal must not hide the trouble that ended the transfer.
      if (this.#signal.aborted) await this.#save().catch(() => {});
    }
    await this.#save();
  }

  async #fill(segment: Segment, given: HttpReply | undefined): Promise<void> {
    let reply = given;
    for (let failures = 0; !isComplete(segment);) {
      const before = segment.done;
      try {
        await this.#store(reply ?? (await this.#askAgain(segment)), segment);
      } catch (error) {
        this.#signal.throwIfAborted();
        if (segment.done - before >= PROGRESS_BYTES) failures = 0;
        if (++failures >= this.#retries.tries) throw error;
        await waitAfter(error, failures, this.#retries, this.#signal);
      }
      reply = undefined;
    }
  }

  async #store({ url, body, headers }: HttpReply, segment: Segment): Promise<void> {
    const { segments, sizeBytes } = this.#journal!;
    try {
      for await (const received of body) {
        const bytes = received as Buffer;
        const at = segment.start + segment.done;
        if (at === 0) refusePage(url, bytes, headers['content-type'], this.#request.wantsText);
        const fitting = bytes.subarray(0, segment.end - at);
        await this.#part.write(fitting, at);
        segment.done += fitting.length;
        this.#part.tell(() => doneBytes(segments), sizeBytes);
        if (fitting.length < bytes.length) throw lengthTrouble(url, 'more bytes than were asked for');
      }
    } catch (error) {
      throw connectionTrouble(url, error);
    } finally {
      body.destroy();
    }
    if (!isComplete(segment)) {
      throw lengthTrouble(url, `only ${segment.done} of ${segment.end - segment.start} bytes asked for`);
    }
  }

  /** Puts on the disk what arrived, then says so in the journal. */
  #save(): Promise<void> {
    this.#saving ??= this.#saveOnce().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #saveOnce(): Promise<void> {
    const { segments, ...rest } = this.#journal!;
    const now = { ...rest, segments: segments.map((segment) => ({ ...segment })) };
    await this.#part.sync();
    await saveJournal(this.#request.partPath, now);
  }
}

/** Waits for all; the first failure stops the others, and is thrown when they have ended. */
async function allOrFirstFailure(actions: readonly Promise<void>[], stop: AbortController): Promise<void> {
  let first: { readonly error: unknown } | undefined;
  const watch = async (action: Promise<void>): Promise<void> => {
    try {
      await action;
    } catch (error) {
      first ??= { error };
      stop.abort();
    }
  };
  await Promise.all(actions.map(watch));
  if (first !== undefined) throw first.error;
}
