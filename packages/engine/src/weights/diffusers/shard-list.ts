import { DanqingError } from '../../errors.ts';
import { JsonTrouble, StrictJson } from '../json/strict-json.ts';
import type { TensorIndex } from '../tensor-index.ts';

/** A plain file name: no way out of the folder. */
const SHARD_NAME = /^[^/\\\0]+\.(?:safetensors|bin)$/;

/**
 * Reads `….index.json`: which shard holds which tensor.
 * @returns the file by the name of the tensor.
 * @throws bad-file when it is no such list, or names a file outside the folder.
 */
export function parseShardList(where: string, text: string): ReadonlyMap<string, string> {
  const shards = new Map<string, string>();
  const json = new StrictJson(text);
  try {
    json.object((key) => {
      if (key !== 'weight_map') return json.skip();
      json.object((name) => {
        const at = json.position;
        const file = json.string();
        if (!SHARD_NAME.test(file) || file.startsWith('..')) {
          throw new JsonTrouble(text, at, 'the name of a weight file in the same folder', JSON.stringify(file));
        }
        shards.set(name, file);
      });
    });
    json.end();
  } catch (error) {
    if (!(error instanceof JsonTrouble)) throw error;
    throw new DanqingError('bad-file', { where, expected: error.expected, found: error.found });
  }
  if (shards.size > 0) return shards;
  throw new DanqingError('bad-file', { where, expected: 'a weight_map', found: 'none' });
}

/**
 * Checks that every tensor is in the shard that the list says.
 * @throws bad-file naming a tensor that is not, or one that no list knows.
 */
export function checkShards(
  where: string,
  list: ReadonlyMap<string, string>,
  indexes: ReadonlyMap<string, TensorIndex>,
): void {
  let listed = 0;
  for (const [name, file] of list) {
    if (indexes.get(file)?.tensors.has(name) === true) listed++;
    else throw misplaced(where, `${name} in ${file}`, 'a shard without it');
  }
  const held = [...indexes.values()].reduce((sum, index) => sum + index.tensors.size, 0);
  if (held !== listed) throw misplaced(where, `${listed} tensors in all shards`, `${held}`);
}

function misplaced(where: string, expected: string, found: string): DanqingError {
  const advice = 'The shards are not of one download: download the folder again.';
  return new DanqingError('bad-file', { where, expected, found, advice });
}
