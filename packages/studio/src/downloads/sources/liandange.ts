import { explainElsewhere } from '../explain-elsewhere.ts';
import { isOf, readWebLink } from '../read-web-link.ts';
import type { Source } from '../source.ts';

const HOSTS = ['liandange.com'];

/** 炼丹阁: links are recognised and explained; the site has no interface for programs. */
export const liandange: Source = {
  title: '炼丹阁',
  examples: ['https://www.liandange.com/models/10001285/detail/'],
  read(text) {
    const url = readWebLink(text);
    if (url === undefined || !isOf(url, HOSTS)) return undefined;
    return explainElsewhere('炼丹阁 (liandange.com)', `liandange ${modelOf(url) ?? url.pathname}`);
  },
};

const modelOf = ({ pathname, searchParams }: URL): string | undefined =>
  /\/models\/(\d+)/.exec(pathname)?.[1] ?? searchParams.get('id') ?? undefined;
