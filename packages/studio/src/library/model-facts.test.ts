import type { TensorIndex } from '@danqing/engine/weights/tensor-index';
import { describe, expect, it } from 'vitest';
import { readNotesInside } from './model-facts.ts';

const read = (metadata: Record<string, string>, more: Partial<TensorIndex> = {}) =>
  readNotesInside({
    format: 'safetensors',
    file: '/x',
    tensors: new Map(),
    metadata: new Map(Object.entries(metadata)),
    ...more,
  });

describe('readNotesInside', () => {
  it('reads what trainers and makers note', () => {
    const notes = read({
      ss_output_name: ' ink ',
      'modelspec.title': 'Ink',
      'modelspec.trigger_phrase': 'shuimo',
      ss_sd_model_name: 'anything.ckpt',
      sshs_model_hash: 'E3B0C44298FC',
      'modelspec.hash_sha256': `0x${'ab'.repeat(32)}`,
    });
    expect(notes).toEqual({
      alias: 'ink',
      title: 'Ink',
      trainedOn: 'anything.ckpt',
      triggerWords: ['shuimo'],
      tags: [],
      hasCover: false,
      claimed: [
        { key: 'sshs_model_hash', hash: 'e3b0c44298fc' },
        { key: 'modelspec.hash_sha256', hash: 'ab'.repeat(32) },
      ],
      foreign: [],
    });
  });

  it('lists the tags of the captions, the most frequent first', () => {
    const folders = { '10_a': { ' blue': 2, ink: 5, odd: 'x' }, '5_b': { ' blue': 4, 水: 2, 'a "b"': 1 } };
    expect(read({ ss_tag_frequency: JSON.stringify(folders) }).tags).toEqual(['blue', 'ink', '水', 'a "b"']);
    expect(read({ ss_tag_frequency: '{"1_a": {"\\u6c34": 2, "\\u6": 1}}' }).tags).toEqual(['水']);
    const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`t${i}`, i % 250]));
    const { tags } = read({ ss_tag_frequency: JSON.stringify({ a: many }) });
    expect(tags).toHaveLength(60);
    expect(tags.slice(0, 4)).toEqual(['t249', 't499', 't248', 't498']);
    expect(read({ ss_tag_frequency: `{"a": {"small": 1, "big": ${'9'.repeat(400)}}}` }).tags).toEqual(['big', 'small']);
  });

  it('is kept busy by no list', () => {
    for (const text of ['"\\'.repeat(2_000_000), '"'.repeat(4_000_000), `"a":${' '.repeat(4_000_000)}`]) {
      expect(read({ ss_tag_frequency: text }).tags).toEqual([]);
    }
  });

  it.each(['', 'None', '{', '[]', '3', 'null', '{"a": null}', '{"a": {"": 1}}'])('makes nothing of %j', (text) => {
    expect(read({ ss_tag_frequency: text, ss_output_name: '', sshs_model_hash: text })).toEqual({
      triggerWords: [],
      tags: [],
      hasCover: false,
      claimed: [],
      foreign: [],
    });
  });
});
