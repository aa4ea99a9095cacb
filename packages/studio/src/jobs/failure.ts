import type { WorkerEvent } from '@danqing/contract/worker-messages';
import { DanqingError, type ErrorCode } from '@danqing/engine/errors';

type Failed = Extract<WorkerEvent, { type: 'failed' }>;

/** What went wrong with a job, in a form that crosses the process channel. */
export function describeFailure(job: number, error: unknown): Failed {
  if (error instanceof DanqingError) {
    return { type: 'failed', job, code: error.code, message: error.message, trouble: error.trouble };
  }
  return { type: 'failed', job, code: 'crashed', message: error instanceof Error ? error.message : String(error) };
}

/** The error that `describeFailure` described. */
export function restoreFailure({ code, message, trouble }: Failed): DanqingError {
  return new DanqingError(
    code as ErrorCode,
    trouble ?? { where: 'drawing process', expected: 'the job to be carried out', found: message },
  );
}

/** A job was ended because someone asked for it. */
export const cancellation = (): DanqingError =>
  new DanqingError('cancelled', { where: 'job', expected: 'it to run to its end', found: 'that it was cancelled' });
