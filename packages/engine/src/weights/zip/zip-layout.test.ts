import { expect, it } from 'vitest';
import { memorySource } from '../memory-source.ts';
import type { ByteSource } from '../tensor-index.ts';
import { crc32 } from './crc32.ts';
import { readZipDirectory } from './zip-directory.ts';
import { layOutZip, type ZipLayout } from './zip-layout.ts';
import { openMember } from './zip-member.ts';

/** A file of which only some stretches are not zero. */
function sparse({ size, frame }: ZipLayout, checksums: readonly number[]): ByteSource {
  const pieces = frame(checksums);
  return {
    file: 'large.zip',
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      for (const piece of pieces) {
        const from = Math.max(offset, piece.offset);
        const to = Math.min(offset + length, piece.offset + piece.bytes.length);
        if (from < to) bytes.set(piece.bytes.subarray(from - piece.offset, to - piece.offset), from - offset);
      }
      return bytes;
    },
  };
}

it('is read back, with every content at a multiple of 64', async () => {
  const files = new Map([
    ['archive/data.pkl', new Uint8Array(5).fill(1)],
    ['archive/data/0', new Uint8Array(64).fill(2)],
    ['archive/data/1', new Uint8Array()],
    ['archive/名', Uint8Array.of(7)],
  ]);
  const layout = layOutZip([...files].map(([name, bytes]) => ({ name, length: bytes.length })));
  const bytes = new Uint8Array(layout.size);
  layout.members.forEach(({ name, offset }) => bytes.set(files.get(name)!, offset));
  for (const piece of layout.frame([...files.values()].map((file) => crc32(file))))
    bytes.set(piece.bytes, piece.offset);
  const source = memorySource('a.zip', bytes);
  const members = await readZipDirectory(source);
  expect([...members.keys()]).toEqual([...files.keys()]);
  for (const [i, member] of [...members.values()].entries()) {
    const span = await openMember(source, member);
    expect(span.offset % 64).toBe(0);
    expect(span.offset).toBe(layout.members[i]!.offset);
    expect(await source.read(span.offset, span.length)).toEqual(files.get(member.name));
  }
});

it('holds members and offsets beyond 4 GiB', async () => {
  const layout = layOutZip([
    { name: 'a/data/0', length: 5 * 2 ** 30 },
    { name: 'a/data/1', length: 3 },
    { name: 'a/data/2', length: 2 ** 32 - 1 },
    { name: 'a/version', length: 2 },
  ]);
  const source = sparse(layout, [1, 2, 3, 4]);
  const members = [...(await readZipDirectory(source)).values()];
  expect(members.map(({ sizeBytes }) => sizeBytes)).toEqual([5 * 2 ** 30, 3, 2 ** 32 - 1, 2]);
  for (const [i, member] of members.entries()) {
    expect((await openMember(source, member)).offset).toBe(layout.members[i]!.offset);
  }
});

it('holds more members than 16 bits count', async () => {
  const layout = layOutZip(Array.from({ length: 65_536 }, (_, i) => ({ name: `a/data/${i}`, length: 0 })));
  const source = sparse(layout, new Array<number>(65_536).fill(0));
  expect((await readZipDirectory(source)).size).toBe(65_536);
});
