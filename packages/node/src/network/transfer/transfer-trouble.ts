import { discard, type HttpReply } from '../http-client.ts';
import { HttpTrouble, showUrl } from '../http-trouble.ts';
import type { TransferRequest } from './transfer-request.ts';

/** The server answers otherwise than before: the content or its way to send it changed, and everything must begin anew. */
export class Unlike extends HttpTrouble {
  /** Whether ranges are worth another try. */
  readonly ranges: boolean;

  constructor(url: URL, found: string, ranges = true) {
    const advice = 'The file changed on the server while it was fetched. Try again.';
    super('network', { where: showUrl(url), expected: 'the same file as before', found, advice }, { passing: false });
    this.ranges = ranges;
  }
}

/** Another number of bytes than there should be; a new request may bring the others. */
export const lengthTrouble = (url: URL, found: string): HttpTrouble =>
  new HttpTrouble('network', { where: showUrl(url), expected: 'all of the file', found }, { passing: true });

export const emptyTrouble = (url: URL): HttpTrouble =>
  new HttpTrouble('network', { where: showUrl(url), expected: 'a file', found: 'an empty one' }, { passing: false });

/** Refuses a size that is not the one announced, or over the limit. @throws HttpTrouble. */
export function refuseSize({ url, sizeBytes, limitBytes }: TransferRequest, reply: HttpReply, found: number): void {
  const refuse = (expected: string): never => {
    discard(reply);
    const trouble = { where: showUrl(url), expected, found: `one of ${found} bytes` };
    throw new HttpTrouble('network', trouble, { passing: false });
  };
  if (sizeBytes !== undefined && sizeBytes !== found) refuse(`a file of ${sizeBytes} bytes`);
  if (limitBytes !== undefined && found > limitBytes) refuse(`a file of at most ${limitBytes} bytes`);
}
