import type { DownloadEvent } from '@danqing/studio/downloads/download';
import type { QueuedDownload } from '@danqing/studio/downloads/download-queue';
import { printDuration } from '../drawing/duration.ts';
import { tellProgress } from '../library/tell-progress.ts';
import type { Messages } from '../messages/index.ts';
import { printBytes } from '../terminal/print-bytes.ts';

/** One line on the terminal for all downloads that are under way; nothing where nobody sees it. */
export class QueueProgress {
  readonly #line: ReturnType<typeof tellProgress>;
  readonly #say: Messages['download'];
  #isAsking = false;

  constructor(isSilent: boolean, say: Messages['download']) {
    this.#line = tellProgress(isSilent);
    this.#say = say;
  }

  /** What happens to one of them between the changes of its progress. */
  readonly hear = (event: DownloadEvent): void => {
    if (event.type === 'verify') this.#tell(this.#say.verifying(event.file.name ?? ''));
    if (event.type === 'examine') this.#tell(this.#say.examining(event.file.name ?? ''));
  };

  show(all: readonly QueuedDownload[]): void {
    const running = all.filter(({ state }) => state === 'running');
    const waiting = all.filter(({ state }) => state === 'waiting').length;
    if (running.length === 0) return;
    const parts = running.map((download) => this.#describe(download));
    this.#tell([...parts, ...(waiting > 0 ? [this.#say.waiting(waiting)] : [])].join(' | '));
  }

  /** Takes the line away until something changes. */
  hide(): void {
    this.#line.end();
  }

  /** Takes the line away while a person is asked. */
  async quiet<T>(ask: () => Promise<T>): Promise<T> {
    this.#isAsking = true;
    this.hide();
    try {
      return await ask();
    } finally {
      this.#isAsking = false;
    }
  }

  end(): void {
    this.hide();
  }

  #tell(text: string): void {
    if (!this.#isAsking) this.#line.tell(text);
  }

  #describe({ link, title, progress }: QueuedDownload): string {
    if (progress === undefined) return this.#say.looking(title ?? link);
    const { doneBytes, totalBytes, bytesPerSecond, secondsLeft } = progress;
    return this.#say.progress(
      title ?? link,
      printBytes(doneBytes),
      totalBytes === undefined ? undefined : printBytes(totalBytes),
      printBytes(Math.round(bytesPerSecond)),
      secondsLeft === undefined ? undefined : printDuration(secondsLeft),
    );
  }
}
