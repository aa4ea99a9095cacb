import { HttpTrouble, showUrl } from '../http-trouble.ts';

/**
 * Refuses what servers send instead of a file with a success: a page that asks to log in, or a message in JSON.
 * @throws HttpTrouble denied for pages, network for messages.
 */
export function refusePage(url: URL, firstBytes: Uint8Array, contentType = '', wantsText = false): void {
  if (wantsText) return;
  const text = Buffer.from(firstBytes.subarray(0, 1024)).toString('utf8').trimStart();
  const refuse = (code: 'denied' | 'network', found: string, advice: string): never => {
    throw new HttpTrouble(code, { where: showUrl(url), expected: 'a file', found, advice }, { passing: false });
  };
  if (/^(?:\uFEFF)?\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b/is.test(text)) {
    const title = /<title[^>]*>([^<]{1,100})/i.exec(text)?.[1]?.trim();
    refuse('denied', `a web page${title ? ` (“${title}”)` : ''}`, 'The site probably asks you to log in first.');
  }
  if (/^application\/(?:[\w.+-]*\+)?json\b/i.test(contentType) && text.startsWith('{')) {
    const message = /"(?:message|error)"\s*:\s*"((?:[^"\\]|\\.){1,200})"/.exec(text)?.[1];
    refuse('network', `a message${message ? ` (“${message}”)` : ' in JSON'}`, 'Check the link.');
  }
}
