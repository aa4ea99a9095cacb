/** A web address as people copy it: with or without its scheme, with spaces or angle brackets around it. */
export function readWebLink(text: string): URL | undefined {
  const trimmed = text.trim().replace(/^<(.*)>$/s, '$1');
  const full = /^https?:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  if (/\s/.test(full) || !URL.canParse(full)) return undefined;
  const url = new URL(full);
  return url.hostname.includes('.') || full === trimmed ? url : undefined;
}

/** Whether a URL is of one of these hosts or their `www.`. */
export const isOf = ({ hostname }: URL, hosts: readonly string[]): boolean =>
  hosts.includes(hostname.toLowerCase().replace(/^www\./, ''));
