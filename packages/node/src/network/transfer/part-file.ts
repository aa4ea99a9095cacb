import { type FileHandle, open } from 'node:fs/promises';
import { writingTrouble } from '../../files/writing-trouble.ts';
import { SpeedMeter } from './speed-meter.ts';
import type { TransferRequest } from './transfer-request.ts';

const PROGRESS_INTERVAL_MS = 200;
const KEPT = 'What was fetched so far is kept: make room, and start it again.';

/** The growing file of a transfer: writes anywhere in it, and tells how fast it grows. */
export class PartFile {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #onProgress: TransferRequest['onProgress'];
  readonly #meter = new SpeedMeter(performance.now());
  #toldMs = 0;

  /** Opens what an earlier run left, or an empty file. @throws io. */
  static async open({ partPath, onProgress }: TransferRequest, keep: boolean): Promise<PartFile> {
    try {
      return new PartFile(partPath, await open(partPath, keep ? 'r+' : 'w+'), onProgress);
    } catch (error) {
      throw writingTrouble(partPath, error);
    }
  }

  private constructor(path: string, file: FileHandle, onProgress: TransferRequest['onProgress']) {
    this.#path = path;
    this.#file = file;
    this.#onProgress = onProgress;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    await this.#guarded(async () => {
      for (let done = 0; done < bytes.length;) {
        done += (await this.#file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }
    });
    this.#meter.add(bytes.length, performance.now());
  }

  truncate(sizeBytes: number): Promise<void> {
    return this.#guarded(() => this.#file.truncate(sizeBytes));
  }

  /** Returns when all that was written is on the disk. */
  sync(): Promise<void> {
    return this.#guarded(() => this.#file.datasync());
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** Tells how far it is; not more often than anybody can read, except where `always`. */
  tell(done: () => number, totalBytes: number | undefined, always = false): void {
    const nowMs = performance.now();
    if (!always && nowMs - this.#toldMs < PROGRESS_INTERVAL_MS) return;
    this.#toldMs = nowMs;
    this.#onProgress?.(this.#meter.progress(done(), totalBytes, nowMs));
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      throw writingTrouble(this.#path, error, KEPT);
    }
  }
}
