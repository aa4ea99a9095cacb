/**
 * Ends the program when its output cannot be written: quietly where the reader has gone (`danqing … | head`), else with one line. `fail`
 * is what the program ends with.
 */
export function endOnOutputError(fail: (message: string) => never): void {
  for (const [stream, name] of [
    [process.stdout, 'standard output'],
    [process.stderr, 'standard error'],
  ] as const) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      fail(`${name}: expected a place that can be written, found ${error.message}.`);
    });
  }
}
