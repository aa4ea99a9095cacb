import { HashThread } from '@danqing/node/hashing/hash-thread';
import { CallThread } from '@danqing/node/threads/call-thread';
import type { ScanProgress, ScanRequest, ScanResult } from './scan-thread-work.ts';

/** A thread that walks folders and reads headers. */
export type ScanThread = Pick<CallThread<ScanRequest, ScanResult, ScanProgress>, 'call' | 'close'>;

/** A file whose header takes more memory than this is none to list. */
const HEADER_MEGABYTES = 1024;

/** The threads that work for a library; each starts when there is something to do. */
export class LibraryThreads {
  /** Work side by side. */
  readonly scan: readonly ScanThread[] = [newScanThread(), newScanThread()];
  readonly hash = new HashThread();
  /** For those who wait for a hash, so that they do not wait for the file in the background. */
  readonly hashNow = new HashThread();

  async close(): Promise<void> {
    await Promise.all([...this.scan, this.hash, this.hashNow].map(async (thread) => thread.close()));
  }
}

function newScanThread(): ScanThread {
  return new CallThread(new URL('./scan-thread-work.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEADER_MEGABYTES },
  });
}
