/**
 * Calls back once when the program is asked to stop (Ctrl-C, or a request to terminate). A second Ctrl-C ends the program at once, as
 * the system does it. Returns a function that stops listening.
 */
export function onInterrupt(stop: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const hear = (): void => {
    ignore();
    stop();
  };
  const ignore = (): void => {
    for (const signal of signals) process.off(signal, hear);
  };
  for (const signal of signals) process.on(signal, hear);
  return ignore;
}
