import { explainElsewhere } from '../explain-elsewhere.ts';
import { isOf, readWebLink } from '../read-web-link.ts';
import type { Source } from '../source.ts';

const HOSTS = ['liblibai.com', 'liblib.art', 'liblib.ai'];

/** LiblibAI 哩布哩布: links are recognised and explained; the site has no interface for programs. */
export const liblib: Source = {
  title: 'LiblibAI',
  examples: ['https://www.liblibai.com/#/model/691'],
  read(text) {
    const url = readWebLink(text);
    if (url === undefined || !isOf(url, HOSTS)) return undefined;
    return explainElsewhere('LiblibAI (哩布哩布)', `liblib ${modelOf(url) ?? url.pathname}`);
  },
};

/** The number of a model, behind the number sign in old links. */
const modelOf = ({ hash, pathname }: URL): string | undefined =>
  /\/model(?:info)?\/([\w-]+)/.exec(hash)?.[1] ?? /\/model(?:info)?\/([\w-]+)/.exec(pathname)?.[1];
