import type { RetryPolicy } from '../retry.ts';
import type { TransferProgress } from './speed-meter.ts';

/** What is to be fetched, and how. */
export interface TransferRequest {
  readonly url: URL;
  /** File that grows; a journal of the same name lies beside it until it is forgotten. */
  readonly partPath: string;
  /** What is announced of the content. */
  readonly sha256?: string | undefined;
  readonly sizeBytes?: number | undefined;
  /** More are refused. */
  readonly limitBytes?: number | undefined;
  /** Whether a web page or a message in JSON can be what is wanted. */
  readonly wantsText?: boolean;
  /** Requests that run at the same time. */
  readonly connections?: number;
  readonly segmentBytes?: number;
  /** Asked before so many more bytes are written; throws where they have no place. */
  readonly checkSpace?: (bytes: number) => Promise<void>;
  readonly onProgress?: (progress: TransferProgress) => void;
  /** Ends the transfer; what is there stays for the next one. */
  readonly signal?: AbortSignal | undefined;
  readonly retries?: RetryPolicy;
}

/** A file that is wholly there, on the disk, at the part's path. */
export interface TransferResult {
  readonly sizeBytes: number;
  /** As the server says it; not yet safe to use. */
  readonly name?: string;
  /** Bytes that an earlier run had brought. */
  readonly resumedBytes: number;
}
