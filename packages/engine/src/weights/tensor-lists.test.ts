import { expect, it } from 'vitest';
import { readSafetensors } from './formats/safetensors.ts';
import { memorySource } from './memory-source.ts';
import { TensorLists } from './tensor-lists.ts';

/** A file with this header, and so many bytes of data. */
function fileOf(header: string, dataBytes: number) {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 8);
  return memorySource('file', bytes);
}

const TENSORS =
  '"a":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[],"data_offsets":[4,8]}';
const withNotes = (notes: string, tensors = TENSORS): string => `{"__metadata__":{${notes}},${tensors}}`;

it('reads files of the same list like others, each with its own notes, but without places', async () => {
  const lists = new TensorLists();
  const read = (header: string) => readSafetensors(fileOf(header, 8), { lists });
  const one = await read(withNotes('"name":"one","x":"\\u4e39"'));
  const two = await read(withNotes('"name":"two"'));
  const bare = await read(`{${TENSORS}}`);
  expect(two.tensors).toBe(one.tensors);
  expect([...one.metadata]).toEqual([
    ['name', 'one'],
    ['x', '丹'],
  ]);
  expect([...two.metadata]).toEqual([['name', 'two']]);
  expect([...bare.metadata]).toEqual([]);
  const whole = await readSafetensors(fileOf(withNotes('"name":"two"'), 8));
  const placeless = [...whole.tensors.values()].map((entry) => ({ ...entry, file: '', offset: NaN }));
  expect([...two.tensors.values()]).toEqual(placeless);
});

it('finds the same faults in a list that it knows', async () => {
  const lists = new TensorLists();
  const read = (header: string, dataBytes = 8) => readSafetensors(fileOf(header, dataBytes), { lists });
  await read(withNotes('"name":"one"'));
  await expect(read(withNotes('"name":"two"'), 7)).rejects.toThrow('as its header says');
  await expect(read(withNotes('"name":2'))).rejects.toMatchObject({ code: 'bad-file' });
  await expect(read(withNotes('"name":"x","name":"y"'))).rejects.toThrow('each key once');
  await expect(read(withNotes('', `${TENSORS},"b":1`))).rejects.toMatchObject({ code: 'bad-file' });
  // Notes in the middle are no notes at the beginning.
  const middle = `"a":{"dtype":"F16","shape":[4],"data_offsets":[0,8]},"__metadata__":{"n":"m"}`;
  expect([...(await read(`{${middle}}`)).metadata]).toEqual([['n', 'm']]);
  await expect(read(withNotes('"name":"one"', middle))).rejects.toThrow('each key once');
});

it('keeps the lists that are used', () => {
  const lists = new TensorLists();
  const list = { tensors: new Map(), metadata: new Map(), dataLength: 0 };
  for (let i = 0; i < 64; i++) lists.put(`${i}`, list);
  lists.get('0');
  lists.put('64', list);
  expect(lists.get('0')).toBe(list);
  expect(lists.get('1')).toBeUndefined();
  lists.put('x'.repeat(2_000_000), list);
  expect(lists.get('x'.repeat(2_000_000))).toBeUndefined();
});
