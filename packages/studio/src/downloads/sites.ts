import { DanqingError } from '@danqing/engine/errors';
import type { Environment } from '@danqing/node/network/proxy-choice';

/** A place that models come from and that knows its users by tokens. */
export type SiteId = 'civitai' | 'huggingface';

export interface Site {
  readonly id: SiteId;
  readonly title: string;
  /** Where it is, unless a mirror is set. */
  readonly home: URL;
  /** Environment variable that names a mirror. */
  readonly endpointVariable: string;
  /** Environment variables that may hold the token for `home`, as other programs call them. */
  readonly tokenVariables: readonly string[];
  /** Where its users make tokens. */
  readonly tokenPage: string;
}

export const sites: Readonly<Record<SiteId, Site>> = {
  civitai: {
    id: 'civitai',
    title: 'Civitai',
    home: new URL('https://civitai.com'),
    endpointVariable: 'CIVITAI_ENDPOINT',
    tokenVariables: ['CIVITAI_API_TOKEN', 'CIVITAI_TOKEN', 'CIVITAI_API_KEY'],
    tokenPage: 'https://civitai.com/user/account',
  },
  huggingface: {
    id: 'huggingface',
    title: 'Hugging Face',
    home: new URL('https://huggingface.co'),
    endpointVariable: 'HF_ENDPOINT',
    tokenVariables: ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'],
    tokenPage: 'https://huggingface.co/settings/tokens',
  },
};

/** Where each site is asked: at home, or at the mirror that the environment names. */
export type Endpoints = Readonly<Record<SiteId, URL>>;

/** @throws bad-value for a variable that is no address. */
export function endpointsFrom(env: Environment): Endpoints {
  return { civitai: endpointOf(sites.civitai, env), huggingface: endpointOf(sites.huggingface, env) };
}

function endpointOf({ home, endpointVariable }: Site, env: Environment): URL {
  const value = env[endpointVariable]?.trim() ?? '';
  if (value === '') return home;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.username === '') {
    return new URL(url.pathname.replace(/\/*$/, '/'), url);
  }
  throw new DanqingError('bad-value', {
    where: `the environment variable ${endpointVariable}`,
    expected: `an address such as ${home.origin}`,
    found: 'something else',
  });
}

/** Address of a path (without a slash at its start) at an endpoint. */
export const at = (endpoint: URL, path: string): URL => new URL(path, endpoint.href.replace(/\/*$/, '/'));
