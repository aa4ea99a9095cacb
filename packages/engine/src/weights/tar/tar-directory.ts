import { DanqingError } from '../../errors.ts';
import type { ByteSource, Span } from '../tensor-index.ts';

const BLOCK_BYTES = 512;
/** More members than any model archive has. */
const MEMBER_LIMIT = 1000;
const REGULAR = new Set(['0', '\0', '7']);

/** Whether a file begins with a tar header: by its checksum, since the oldest have no mark. */
export function isTar(head: Uint8Array): boolean {
  return head.length >= BLOCK_BYTES && head[0] !== 0 && checksumFits(head.subarray(0, BLOCK_BYTES));
}

/**
 * The regular files of a tar archive by name.
 * @throws bad-file when a header is damaged or a member reaches beyond the file.
 */
export async function readTarDirectory(source: ByteSource): Promise<ReadonlyMap<string, Span>> {
  const members = new Map<string, Span>();
  let headers = 0;
  for (let at = 0; at + BLOCK_BYTES <= source.size;) {
    const header = await source.read(at, BLOCK_BYTES);
    if (header.every((byte) => byte === 0)) break;
    if (!checksumFits(header) || ++headers > MEMBER_LIMIT) throw trouble(source.file, `a member at byte ${at}`, 'none');
    const offset = at + BLOCK_BYTES;
    const length = sizeOf(header);
    if (!(offset + length <= source.size)) {
      throw trouble(source.file, `${length} bytes at ${offset}`, `a file of ${source.size} bytes`);
    }
    const name = fieldOf(header, 0, 100).replace(/^\.\//, '');
    if (REGULAR.has(String.fromCharCode(header[156]!))) {
      if (members.has(name)) throw trouble(source.file, 'each name once', `a second ${name}`);
      members.set(name, { source, offset, length });
    }
    at = offset + Math.ceil(length / BLOCK_BYTES) * BLOCK_BYTES;
  }
  return members;
}

/** The sum of all bytes of a header, its own field taken as spaces. */
function checksumFits(header: Uint8Array): boolean {
  let sum = 0;
  for (let i = 0; i < BLOCK_BYTES; i++) sum += i >= 148 && i < 156 ? 0x20 : header[i]!;
  return Number.parseInt(fieldOf(header, 148, 8).trim(), 8) === sum;
}

/** A size in octal digits, or as a big-endian number where the first bit is set. */
function sizeOf(header: Uint8Array): number {
  if ((header[124]! & 0x80) === 0) return Number.parseInt(fieldOf(header, 124, 12).trim() || '0', 8);
  return header.subarray(125, 136).reduce((sum, byte) => sum * 256 + byte, 0);
}

function fieldOf(header: Uint8Array, start: number, length: number): string {
  return String.fromCharCode(...header.subarray(start, start + length)).replace(/\0.*$/s, '');
}

function trouble(file: string, expected: string, found: string): DanqingError {
  const advice = 'The file is damaged: download it again.';
  return new DanqingError('bad-file', { where: `${file} › tar`, expected, found, advice });
}
