import type { ChangeProgress, ChangeReport } from '@danqing/contract/file-changes';
import type { ChangeOptions } from '@danqing/studio/files/change-options';
import { printDuration } from '../drawing/duration.ts';
import { tellProgress } from '../library/tell-progress.ts';
import type { Messages } from '../messages/index.ts';
import { onInterrupt } from '../terminal/interrupt.ts';
import { printBytes } from '../terminal/print-bytes.ts';

/** Runs a change of files: with progress on the terminal, and an end when Ctrl-C asks for it. */
export async function runChange<Report>(
  change: (options: ChangeOptions) => Promise<Report>,
  isSilent: boolean,
  say: Messages['changes'],
): Promise<Report> {
  const { cancellation } = await import('@danqing/studio/jobs/failure');
  const stop = new AbortController();
  const stopListening = onInterrupt(() => stop.abort(cancellation()));
  const progress = tellProgress(isSilent);
  try {
    return await change({ signal: stop.signal, onProgress: (told) => progress.tell(describe(told, say)) });
  } finally {
    progress.end();
    stopListening();
  }
}

/** Runs a change of one file and tells people, or a program, what was written. */
export async function changeOne(
  change: (options: ChangeOptions) => Promise<ChangeReport>,
  asJson: boolean,
  say: Messages['changes'],
): Promise<void> {
  const report = await runChange(change, asJson, say);
  if (asJson) console.log(JSON.stringify(report));
  else await printChange(report, say);
}

function describe({ phase, doneBytes, totalBytes, secondsLeft }: ChangeProgress, say: Messages['changes']): string {
  const left = secondsLeft === undefined ? undefined : printDuration(secondsLeft);
  return say.progress(say.phases[phase], printBytes(doneBytes), printBytes(totalBytes), left);
}

/** Tells people what was written: its place on the standard output, all else on the standard error. */
export async function printChange(
  { output, sizeBytes, seconds, parts, notes }: ChangeReport,
  say: Messages['changes'],
): Promise<void> {
  const { showText } = await import('@danqing/studio/library/show-text');
  console.log(say.written(showText(output), printBytes(sizeBytes), printDuration(seconds)));
  for (const note of notes) console.error(say.note(showText(say.inWords(note))));
  for (const { part, saturated, nan, infinite } of parts) {
    if (saturated > 0) console.error(say.note(say.saturated(say.parts[part], saturated)));
    if (nan + infinite > 0) console.error(say.note(say.unsound(say.parts[part], nan, infinite)));
  }
}
