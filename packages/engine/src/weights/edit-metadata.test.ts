import { expect, it } from 'vitest';
import { modelOf, tensorOf } from '../../../../tests/made-files.ts';
import { editMetadata, type MetadataEdit } from './edit-metadata.ts';
import { memorySource } from './memory-source.ts';
import { openIndex } from './open-index.ts';

const tensors = { 'b.weight': tensorOf([3]), a: tensorOf([2, 2], undefined, 'F32'), empty: tensorOf([0]) };

async function edited(metadata: Readonly<Record<string, string>>, edit: MetadataEdit) {
  const { index, source, bytes } = await modelOf('a.safetensors', tensors, metadata);
  const { header, dataStart } = await editMetadata(index, source, edit);
  const whole = Buffer.concat([header, bytes.subarray(dataStart)]);
  const after = await openIndex(memorySource('a.safetensors', new Uint8Array(whole)));
  const data = (start: number, from: Uint8Array): Buffer => Buffer.from(from.subarray(start));
  expect(Buffer.compare(data(header.length, new Uint8Array(whole)), data(dataStart, bytes))).toBe(0);
  expect([...after.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual(
    [...index.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape]),
  );
  return { metadata: Object.fromEntries(after.metadata), grown: header.length - dataStart };
}

it('adds, changes, removes and clears entries, and leaves the tensors as they are', async () => {
  const before = { title: 'Fox', author: '丹', tags: 'x'.repeat(200) };
  expect(
    await edited(before, {
      set: new Map([
        ['title', 'Red fox'],
        ['new', '"\u0000\n'],
      ]),
    }),
  ).toEqual({
    metadata: { ...before, title: 'Red fox', new: '"\u0000\n' },
    grown: 24,
  });
  expect(await edited(before, { remove: ['tags', 'author'] })).toMatchObject({ metadata: { title: 'Fox' } });
  expect((await edited(before, { clear: true, set: new Map([['a', 'b']]) })).metadata).toEqual({ a: 'b' });
  expect(await edited({}, { set: new Map([['a', 'b']]) })).toMatchObject({ metadata: { a: 'b' } });
  expect(await edited(before, { clear: true })).toMatchObject({ metadata: {} });
});

it('says what it cannot do', async () => {
  const { index, source } = await modelOf('a.safetensors', tensors, { title: 'Fox' });
  await expect(editMetadata(index, source, { remove: ['titel'] })).rejects.toThrow(
    'a.safetensors › metadata: expected an entry titel, found title.',
  );
  const torch = await modelOf('a.ckpt', tensors, {}, 'torch');
  await expect(editMetadata(torch.index, torch.source, {})).rejects.toThrow(
    'found torch zip. Convert it to safetensors first.',
  );
});
