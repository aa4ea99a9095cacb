import { SHA256_OF_NOTHING } from '@danqing/node/hashing/model-hashes';
import type { ClaimedHash } from './model-facts.ts';
import type { Notice } from './notice.ts';

/**
 * What is to say of a hash that a file tells of itself, where it is not that of its data; some trainers write the hash of nothing.
 * @param data the computed hash; null while it is not known.
 */
export function wrongHashNotice(path: string, { key, hash }: ClaimedHash, data: string | null): Notice | undefined {
  const isOfNothing = SHA256_OF_NOTHING.startsWith(hash);
  if (data === null ? !isOfNothing : data.startsWith(hash)) return undefined;
  const right = data?.slice(0, 12);
  const en = isOfNothing ? ', the hash of nothing' : '';
  const zh = isOfNothing ? '（空数据的哈希）' : '';
  return {
    type: 'wrong-note',
    path,
    says: {
      en: `Its note ${key} says ${hash.slice(0, 12)}${en}; the hash of its data is ${right ?? 'another'}. The computed one counts.`,
      zh: `其中的 ${key} 写着 ${hash.slice(0, 12)}${zh}，而数据的哈希是${right === undefined ? '另一个' : ` ${right}`}；以计算所得为准。`,
    },
  };
}
