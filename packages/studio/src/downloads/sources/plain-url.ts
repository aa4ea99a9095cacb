import { readWebLink } from '../read-web-link.ts';
import type { Source } from '../source.ts';

/** Any other address: whatever the server sends there. Asked when no other source knows the link. */
export const plainUrl: Source = {
  title: 'a file on the web',
  examples: ['https://example.com/models/my-lora.safetensors'],
  read(text) {
    const url = /^https?:\/\//i.test(text.trim()) ? readWebLink(text) : undefined;
    if (url === undefined) return undefined;
    const name = lastName(url);
    return {
      // What is secret stands in the query more often than not.
      canonical: `web ${url.origin}${url.pathname}`,
      lookUp: async () => ({
        files: [{ urls: [url], ...(name !== '' && { name }) }],
        page: new URL(url.origin),
        notes: [],
      }),
    };
  },
};

function lastName({ pathname }: URL): string {
  const last = pathname.split('/').at(-1)!;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
