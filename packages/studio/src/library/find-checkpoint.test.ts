import { describe, expect, it } from 'vitest';
import { findCheckpoint } from './find-checkpoint.ts';

const model = (name: string, sha256?: string, old?: string) => ({
  path: `/models/${name}`,
  name,
  hashes: { ...(old && { old }), ...(sha256 && { sha256, autoV2: sha256.slice(0, 10) }) },
});

const sd15 = model('v1-5-pruned-emaonly.safetensors', `6ce0161689${'0'.repeat(54)}`, '81761151');
const all = [
  model('v1-5-pruned-emaonly.ckpt', `cc6cb27103${'1'.repeat(54)}`, 'deadbeef'),
  sd15,
  model('anime/Counterfeit-V2.5.safetensors', `a074b8864e${'2'.repeat(54)}`),
  model('anime/Counterfeit-V2.5_pruned.safetensors'),
  model('tiny.pt', undefined, 'e3b0c442'),
];

const find = (text: string) => findCheckpoint(text, all)?.name;

describe('findCheckpoint', () => {
  it.each([
    ['old hash', '81761151'],
    ['short hash', '6ce0161689'],
    ['SHA-256', `6ce0161689${'0'.repeat(54)}`],
    ['SHA-256 in capitals', `6CE0161689${'0'.repeat(54)}`],
    ['name', 'v1-5-pruned-emaonly.safetensors'],
    ['stem, the safe file before the pickle', 'v1-5-pruned-emaonly'],
    ['title', 'v1-5-pruned-emaonly.safetensors [6ce0161689]'],
    ['title with the old hash', 'v1-5-pruned-emaonly.safetensors [81761151]'],
    ['stem and hash', 'v1-5-pruned-emaonly [6ce0161689]'],
    ['path', '/models/v1-5-pruned-emaonly.safetensors'],
    ['a part of the title', '1-5-pruned'],
    ['a title with a hash that is not known', 'v1-5-pruned-emaonly.safetensors [0123456789]'],
  ])('CK-02: selects an installed file by %s', (_, text) => {
    expect(find(text)).toBe(sd15.name);
  });

  it('CK-02: tells apart the pickle of the same name by its own names', () => {
    expect(find('v1-5-pruned-emaonly.ckpt')).toBe('v1-5-pruned-emaonly.ckpt');
    expect(find('cc6cb27103')).toBe('v1-5-pruned-emaonly.ckpt');
  });

  it('takes the shortest title of those that contain the text', () => {
    expect(find('counterfeit')).toBe('anime/Counterfeit-V2.5_pruned.safetensors');
    expect(find('Counterfeit-V2.5')).toBe('anime/Counterfeit-V2.5.safetensors');
    expect(find('anime\\Counterfeit-V2.5.safetensors')).toBe('anime/Counterfeit-V2.5.safetensors');
  });

  it('finds nothing for nothing, and nothing by the hash of nothing', () => {
    expect(find('')).toBeUndefined();
    expect(find('[6ce0161680]')).toBeUndefined();
    expect(find('no such model')).toBeUndefined();
    expect(find('e3b0c442')).toBeUndefined();
  });
});
