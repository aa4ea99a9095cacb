import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { memorySource } from './memory-source.ts';
import { openIndex, recogniseFormat } from './open-index.ts';

const read = (name: string) => readFileSync(sharedData(name));
const text = (content: string) => new TextEncoder().encode(content);

describe('openIndex', () => {
  it('FMT-01: knows a container by its bytes, whatever the file is called', async () => {
    const index = await openIndex(memorySource('model.ckpt', read('safetensors/ok_single.safetensors')));
    expect(index.format).toBe('safetensors');
  });

  it('FMT-01: takes the ending .safetensor too', async () => {
    const index = await openIndex(memorySource('model.safetensor', read('safetensors/ok_single.safetensors')));
    expect(index.tensors.size).toBe(1);
  });

  it.each([0x80, 0x280, 0x480])('does not take a safetensors header of %i bytes for a pickle', async (length) => {
    const header = '{"x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}'.padEnd(length, ' ');
    const bytes = new Uint8Array(8 + length);
    new DataView(bytes.buffer).setUint32(0, length, true);
    bytes.set(text(header), 8);
    expect((await openIndex(memorySource('x', bytes))).format).toBe('safetensors');
  });

  it('knows safetensors whatever the length of the header looks like', () => {
    const head = new Uint8Array(64);
    head.set(text('{"x":'), 8);
    const view = new DataView(head.buffer);
    const others = new Set<string | undefined>();
    for (let i = 0; i < 100_000; i++) {
      view.setUint32(0, i < 70_000 ? i : (i * 7919) % 100_000_000, true);
      others.add(recogniseFormat(head)?.name);
    }
    for (const beginning of ['PK\x03\x04', '\x08\x08\x12\0', '\x80\x02\0\0', '}q\0\0']) {
      head.set(Buffer.from(beginning, 'latin1'));
      if (view.getUint32(0, true) <= 100_000_000) others.add(recogniseFormat(head)?.name);
    }
    expect([...others]).toEqual(['safetensors']);
  });

  it('explains a broken file by the format that its name promises', async () => {
    const source = memorySource('x.safetensors', read('safetensors/bad_array_header.safetensors'));
    await expect(openIndex(source)).rejects.toThrow("expected a header that begins with '{', found byte 0x5b");
  });

  it.each([
    ['a web page', '\n<!DOCTYPE html><html>', 'the site may ask you to log in'],
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:0', 'git lfs pull'],
    ['an empty file', '', 'Download it again'],
    ['a file that begins with 68 65 6c 6c 6f', 'hello', 'Check that this is a model'],
  ])('names %s', async (name, content, advice) => {
    for (const file of name.startsWith('a file') ? ['x.bin'] : ['x.bin', 'x.safetensors']) {
      const trouble = openIndex(memorySource(file, text(content))).catch((error: unknown) => String(error));
      const message = await trouble;
      expect(message).toContain(`found ${name}`);
      expect(message).toContain(advice);
    }
  });
});
