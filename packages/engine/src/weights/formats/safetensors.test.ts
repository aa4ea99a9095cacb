import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../../tests/shared-data.ts';
import { DanqingError } from '../../errors.ts';
import { decodeToFloat32, SAFETENSORS_DTYPES } from '../../tensor/dtype.ts';
import { memorySource } from '../memory-source.ts';
import { planSafetensors } from '../safetensors-plan.ts';
import type { ByteSource } from '../tensor-index.ts';
import { readSafetensors, safetensorsFormat } from './safetensors.ts';

const folder = sharedData('safetensors');
const files = readdirSync(folder);
const open = (name: string) => memorySource(name, readFileSync(`${folder}/${name}`));

function file(header: string | Uint8Array, data = new Uint8Array()): ByteSource {
  const text = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return memorySource('made.safetensors', bytes);
}

const troubleOf = (source: ByteSource): Promise<string> =>
  readSafetensors(source).then(
    () => 'none',
    (error: unknown) => (error instanceof DanqingError ? error.message : `other: ${String(error)}`),
  );

describe('readSafetensors', () => {
  it.each(files.filter((name) => !name.startsWith('bad_')))('FMT-01: reads %s', async (name) => {
    const source = open(name);
    const index = await readSafetensors(source);
    let end: number | undefined;
    for (const entry of index.tensors.values()) {
      expect(entry.offset).toBe(end ?? entry.offset);
      end = entry.offset + entry.length;
    }
    expect(end ?? source.size).toBe(source.size);
  });

  it('FMT-01: reads names, types, shapes and values', async () => {
    const source = open('ok_single.safetensors');
    const { tensors } = await readSafetensors(source);
    const entry = tensors.get('a')!;
    expect(entry).toEqual({ name: 'a', dtype: 'F32', shape: [2, 2], file: source.file, offset: 73, length: 16 });
    expect(decodeToFloat32(await source.read(entry.offset, entry.length), entry.dtype)).toHaveLength(4);
    expect((await readSafetensors(open('ok_scalar.safetensors'))).tensors.get('a')!.shape).toEqual([]);
    expect((await readSafetensors(open('ok_zero_dim.safetensors'))).tensors.get('a')!.length).toBe(0);
    expect((await readSafetensors(open('ok_metadata_only.safetensors'))).metadata).toEqual(new Map([['k', 'v']]));
    expect((await readSafetensors(open('ok_all_dtypes.safetensors'))).tensors.size).toBe(15);
  });

  it('takes __proto__ and constructor as ordinary names', async () => {
    const { tensors } = await readSafetensors(open('proto_key.safetensors'));
    expect([...tensors.keys()]).toEqual(['__proto__', 'constructor']);
  });

  it('refuses every malformed file, saying where, what was expected and what was found', async () => {
    const bad = files.filter((name) => name.startsWith('bad_'));
    const troubles: Record<string, string> = {};
    for (const name of bad) troubles[basename(name, '.safetensors')] = await troubleOf(open(name));
    expect(troubles).toMatchInlineSnapshot(`
      {
        "bad_7bytes": "bad_7bytes.safetensors › safetensors header: expected at least 8 bytes, found a file of 7 bytes. The download was probably cut short: download the file again.",
        "bad_array_header": "bad_array_header.safetensors › safetensors header: expected a header that begins with '{', found byte 0x5b. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_dtype": "bad_dtype.safetensors › a: expected 32 bytes for C64 [2, 2], found 16 bytes. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_duplicate_key": "bad_duplicate_key.safetensors › safetensors header: expected each key once, found a second "a" at character 57. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_empty": "bad_empty.safetensors › safetensors header: expected at least 8 bytes, found a file of 0 bytes. The download was probably cut short: download the file again.",
        "bad_float_shape": "bad_float_shape.safetensors › safetensors header: expected a whole number that is not negative, found "2.5, 2], \\"data_offse" at character 33. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_header_len_huge": "bad_header_len_huge.safetensors › safetensors header: expected a header of at most 100000000 bytes, found a length of 1099511627776 bytes. This is no safetensors file, or its beginning is damaged.",
        "bad_header_len_overflow": "bad_header_len_overflow.safetensors › safetensors header: expected a header of at most 100000000 bytes, found a length of 18446744073709552000 bytes. This is no safetensors file, or its beginning is damaged.",
        "bad_header_len_past_eof": "bad_header_len_past_eof.safetensors › safetensors header: expected a header of 1000 bytes, found only 81 bytes after the header length. The download was probably cut short: download the file again.",
        "bad_hole": "bad_hole.safetensors › b: expected bytes from 16 of the data on, found a hole: bytes 32 to 48. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_leading_space": "bad_leading_space.safetensors › safetensors header: expected a header that begins with '{', found byte 0x20. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_metadata_nonstring": "bad_metadata_nonstring.safetensors › safetensors header: expected a text in quotes, found "1}, \\"a\\": {\\"dtype\\": \\"" at character 23. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_negative_offset": "bad_negative_offset.safetensors › safetensors header: expected a whole number that is not negative, found "-16, 0]}}" at character 57. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_not_json": "bad_not_json.safetensors › safetensors header: expected an object, found the end at character 5. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_not_utf8": "bad_not_utf8.safetensors › safetensors header: expected UTF-8 text, found other bytes. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_overlap": "bad_overlap.safetensors › b: expected bytes from 16 of the data on, found an overlap: bytes 8 to 24. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_reversed_offsets": "bad_reversed_offsets.safetensors › a: expected bytes from 0 of the data on, found an end of 0 before the start of 16. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_shape_mismatch": "bad_shape_mismatch.safetensors › a: expected 24 bytes for F32 [3, 2], found 16 bytes. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_shape_overflow": "bad_shape_overflow.safetensors › a: expected a size below 2^64 bits, found F32 [8589934592, 8589934592].",
        "bad_trailing_data": "bad_trailing_data.safetensors: expected a file of 89 bytes, as its header says, found 91 bytes. There is data after the last tensor. The file is damaged or was written by a faulty program: get it again from its source.",
        "bad_truncated_data": "bad_truncated_data.safetensors: expected a file of 89 bytes, as its header says, found 83 bytes. The download was probably cut short: download the file again.",
      }
    `);
  });

  it('reads nothing but the header', async () => {
    const plan = planSafetensors([{ name: 'big', dtype: 'F32', shape: [1 << 20] }]);
    const reads: number[] = [];
    const source: ByteSource = {
      file: 'big.safetensors',
      size: plan.size,
      read(offset, length) {
        reads.push(offset + length);
        return Promise.resolve(plan.header.slice(offset, offset + length));
      },
    };
    expect((await readSafetensors(source)).tensors.get('big')!.length).toBe(4 << 20);
    expect(Math.max(...reads)).toBe(plan.header.length);
  });

  it('lists every dtype of the format', async () => {
    const wanted = Object.entries(SAFETENSORS_DTYPES).map(([dtype, { elements }]) => ({
      name: dtype,
      dtype: dtype as keyof typeof SAFETENSORS_DTYPES,
      shape: [elements, 3],
    }));
    const plan = planSafetensors(wanted);
    const bytes = new Uint8Array(plan.size);
    bytes.set(plan.header);
    const { tensors } = await readSafetensors(memorySource('all', bytes));
    expect(tensors.size).toBe(wanted.length);
    for (const { name, dtype, shape } of wanted) expect(tensors.get(name)).toMatchObject({ dtype, shape });
  });

  const tensor = (dtype: string, shape: string, start: number, end: number) =>
    `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;

  it.each([
    ['a dtype of ggml', `{"a":${tensor('Q4_0', '[32]', 0, 18)}}`, 'a dtype of the safetensors format'],
    ['half a byte', `{"a":${tensor('F4', '[3]', 0, 1)}}`, 'a multiple of 2 elements'],
    ['a missing dtype', '{"a":{"shape":[1],"data_offsets":[0,4]}}', 'a dtype for a, found none'],
    ['a missing shape', '{"a":{"dtype":"F32","data_offsets":[0,4]}}', 'a shape for a, found none'],
    ['three offsets', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}}', 'two offsets'],
    ['a doubled field', '{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 'each key once'],
    ['a doubled metadata key', '{"__metadata__":{"a":"1","a":"2"}}', 'each key once'],
    [
      'an escaped duplicate',
      `{"a":${tensor('F32', '[0]', 0, 0)},"\\u0061":${tensor('F32', '[0]', 0, 0)}}`,
      'each key once',
    ],
    ['a list as tensor', '{"a":["F32",[1],[0,4]]}', 'an object'],
    ['half a surrogate', '{"__metadata__":{"a":"\\ud800"}}', 'whole characters'],
    ['a control character', '{"__metadata__":{"a":"\u0001"}}', 'a text without control characters'],
    ['an exponent', `{"a":${tensor('F32', '[1e0]', 0, 4)}}`, 'a whole number'],
    ['a leading zero', `{"a":${tensor('F32', '[01]', 0, 4)}}`, 'a whole number'],
    ['text after the object', '{} {}', 'the end'],
    ['a comma too many', '{"__metadata__":{},}', 'a text in quotes'],
    ['no comma', '{"__metadata__":{} "a":1}', "',' or '}'"],
    ['a byte order mark', '\ufeff{}', "begins with '{'"],
    ['endless nesting', `{"a":{"x":${'['.repeat(100_000)}`, 'at most 128 levels of nesting'],
    ['an overflow hidden by a zero', `{"a":${tensor('F32', '[4294967296,4294967296,0]', 0, 0)}}`, 'below 2^64 bits'],
    ['an endless number', `{"a":${tensor('F32', `[${'9'.repeat(400)}]`, 0, 4)}}`, 'below 2^64 bits'],
  ])('refuses %s', async (_, header, message) => {
    expect(await troubleOf(file(header))).toContain(message);
  });

  it.each([
    ['unknown fields', '{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0],"more":[1,-2.5e3,{"x":null}]}}'],
    ['null metadata', '{"__metadata__":null}'],
    ['white space', '{ "a" : { "dtype" : "F32" ,\n"shape":[ 0 ] , "data_offsets":[ 0 , 0 ] } } \n'],
  ])('allows %s, as the reference implementation does', async (_, header) => {
    expect(await troubleOf(file(header))).toBe('none');
  });

  it('sorts tensors that the header lists in another order', async () => {
    const header = `{"b":${tensor('U8', '[2]', 3, 5)},"a":${tensor('U8', '[3]', 0, 3)}}`;
    const { tensors } = await readSafetensors(file(header, new Uint8Array(5)));
    expect([...tensors.keys()]).toEqual(['a', 'b']);
  });

  it('answers any bytes with an index or a DanqingError', async () => {
    const size = fc.oneof(fc.nat(4), fc.constantFrom(-1, 1.5, 2 ** 32, 2 ** 53, 1e30));
    const record = fc.record(
      {
        dtype: fc.constantFrom('F32', 'F16', 'BOOL', 'F4', 'Q4_0', 7, null),
        shape: fc.oneof(fc.array(size, { maxLength: 4 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.array(size, { maxLength: 3 }), fc.jsonValue()),
      },
      { requiredKeys: [] },
    );
    const header = fc.oneof(
      fc
        .dictionary(fc.constantFrom('a', 'b', '__metadata__', '__proto__', ''), record)
        .map((each) => JSON.stringify(each)),
      fc.json(),
      fc.string({ unit: 'binary' }),
      fc
        .array(fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\\', 'dtype', 'F32', '0', '-', 'a', '\ud800'))
        .map((each) => each.join('')),
    );
    const headerBytes = fc.oneof(
      header.map((text) => new TextEncoder().encode(text)),
      fc.uint8Array({ maxLength: 64 }).map((bytes) => Uint8Array.of(0x7b, ...bytes)),
    );
    await fc.assert(
      fc.asyncProperty(headerBytes, fc.uint8Array({ maxLength: 20 }), async (bytes, data) => {
        expect(await troubleOf(file(bytes, data))).not.toContain('other:');
      }),
      { numRuns: 500 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
        expect(await troubleOf(memorySource('any', bytes))).not.toContain('other:');
      }),
    );
  });

  it('answers in good time to a header that is made to keep it busy', async () => {
    const entries = Array.from(
      { length: 100_000 },
      (_, i) => `"t${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`,
    );
    expect((await readSafetensors(file(`{${entries.join(',')}}`))).tensors.size).toBe(100_000);
    // Behind the last of many a second tensor of one name.
    expect(await troubleOf(file(`{${[...entries, entries[0]].join(',')}}`))).toContain('t0');
  }, 10_000);

  it('survives one changed byte anywhere in a real header', async () => {
    const whole = readFileSync(`${folder}/ok_all_dtypes.safetensors`);
    for (let at = 0; at < 1001; at++) {
      for (const value of [0x22, 0x39]) {
        const bytes = Uint8Array.from(whole);
        bytes[at] = value;
        expect(await troubleOf(memorySource('changed', bytes))).not.toContain('other:');
      }
    }
  });
});

describe('safetensorsFormat', () => {
  it('recognises files by their bytes', () => {
    const recognised = files.filter((name) =>
      safetensorsFormat.recognise(readFileSync(`${folder}/${name}`).subarray(0, 1024)),
    );
    expect(recognised).toEqual(expect.arrayContaining(files.filter((name) => /^ok_|^proto/.test(name))));
    expect(recognised).not.toContain('bad_header_len_huge.safetensors');
    expect(recognised).not.toContain('bad_array_header.safetensors');
  });
});
