import { cutText } from '../terminal/text-width.ts';

/** One line on the terminal that says how far something is, rewritten in place a few times a second; nothing where nobody sees it. */
export function tellProgress(isSilent: boolean): { tell(text: string): void; end(): void } {
  if (isSilent || !process.stderr.isTTY) return { tell: () => undefined, end: () => undefined };
  let toldMs = 0;
  return {
    tell(text) {
      const now = Date.now();
      if (now - toldMs < 200) return;
      toldMs = now;
      process.stderr.write(`\r\u001b[2K${cutText(text, (process.stderr.columns ?? 80) - 1)}`);
    },
    end: () => void process.stderr.write('\r\u001b[2K'),
  };
}
