import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import type { KindId } from '@danqing/engine/identify/identification';
import type { Kind } from '@danqing/engine/identify/kind';
import { kinds } from '@danqing/engine/identify/kinds/index';
import type { Words } from '@danqing/engine/words';
import { readKind } from '../downloads/read-kind.ts';

/** Every kind of model that can be asked for, with its name for people. */
export const kindChoices: readonly { readonly id: KindId; readonly title: Words }[] = [
  ...Object.values<Kind>(kinds).map(({ id, title }) => ({ id, title })),
  { id: 'unknown', title: { en: 'unknown', zh: '未知' } },
];

/** Kinds in a list with commas, by id or name. @throws bad-value with all that there are. */
export const readKinds = (text: string): KindId[] =>
  splitList(text).map((one) => (one.toLowerCase() === 'unknown' ? 'unknown' : readKind(one)));

/** Ids of families in a list with commas, by id or name. @throws bad-value with all that there are. */
export const readFamilies = (text: string): string[] =>
  splitList(text).map((one) => {
    const found = familyChoices.find(({ id, title }) => [plain(id), plain(title)].includes(plain(one)));
    if (found !== undefined) return found.id;
    const expected = `one of ${familyChoices.map(({ id }) => id).join(', ')}`;
    throw new DanqingError('bad-value', { where: 'the family of models', expected, found: one });
  });

const splitList = (text: string): string[] =>
  text
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');

const plain = (text: string): string => text.toLowerCase().replaceAll(/[^a-z\d]/g, '');

/** Every family of models that can be asked for. */
export const familyChoices: readonly { readonly id: string; readonly title: string }[] = Object.values(families).map(
  ({ id, title }) => ({ id, title }),
);
