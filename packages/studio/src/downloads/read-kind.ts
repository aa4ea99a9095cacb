import { DanqingError } from '@danqing/engine/errors';
import type { KindId } from '@danqing/engine/identify/identification';
import type { Kind } from '@danqing/engine/identify/kind';
import { kinds as kindRegistry } from '@danqing/engine/identify/kinds/index';
import { civitaiTypes } from './civitai/model-types.ts';

const kinds: readonly Kind[] = Object.values(kindRegistry);

/** The kind that a person means: by our name or by Civitai's; case and punctuation do not count. @throws bad-value with all kinds. */
export function readKind(text: string): KindId {
  const wanted = plain(text);
  const known = kinds.find(({ id, title }) =>
    [id, title.en, title.zh, ...(civitaiTypes[id] ?? [])].map(plain).includes(wanted),
  );
  if (known !== undefined && wanted !== '') return known.id;
  throw new DanqingError('bad-value', {
    where: 'the kind of model',
    expected: `one of ${kinds.map(({ id }) => id).join(', ')}`,
    found: `“${text.slice(0, 40)}”`,
  });
}

const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[\s_-]+/g, '')
    .replace(/s$/, '');
