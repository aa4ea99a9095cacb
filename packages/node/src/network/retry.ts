import { HttpTrouble } from './http-trouble.ts';

/** How often and how long a request is tried again. */
export interface RetryPolicy {
  /** Tries in all. */
  readonly tries: number;
  /** Wait before the second try; doubled each time, with chance in it so that many programs do not come at once. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** When the server asks for a longer wait than this, the caller is told at once. */
  readonly patienceMs: number;
  /** Waits; fails with the signal's reason. */
  readonly sleep: (durationMs: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** One second at first and half a minute at most, as Civitai's documentation asks for. */
export const DEFAULT_RETRIES: RetryPolicy = {
  tries: 5,
  firstWaitMs: 1000,
  longestWaitMs: 30_000,
  patienceMs: 120_000,
  sleep,
};

/** Does something again as long as it fails with trouble that may pass, and hands on the last trouble. */
export async function withRetries<T>(
  action: () => Promise<T>,
  policy: RetryPolicy = DEFAULT_RETRIES,
  signal?: AbortSignal,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await action();
    } catch (error) {
      signal?.throwIfAborted();
      if (failures >= policy.tries) throw error;
      await waitAfter(error, failures, policy, signal);
    }
  }
}

/**
 * Waits as long as trouble asks for, or as is usual after so many failures in a row.
 * @throws the trouble itself where waiting does not help or takes longer than anybody's patience.
 */
export async function waitAfter(
  error: unknown,
  failures: number,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (!(error instanceof HttpTrouble) || !error.passing) throw error;
  if ((error.retryAfterMs ?? 0) > policy.patienceMs) throw error;
  const usualMs = Math.min(policy.longestWaitMs, policy.firstWaitMs * 2 ** (failures - 1));
  await policy.sleep(error.retryAfterMs ?? usualMs * (0.75 + Math.random() / 2), signal);
}

async function sleep(durationMs: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, durationMs);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
