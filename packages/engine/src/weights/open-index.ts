import { DanqingError } from '../errors.ts';
import { type Format, HEAD_BYTES, type ReadOptions } from './format.ts';
import { formats } from './formats/index.ts';
import type { ByteSource, TensorIndex } from './tensor-index.ts';

// A safetensors file begins with a length, which may look like anything; the brace behind it decides.
const all: readonly Format[] = [formats.safetensorsFormat, ...Object.values(formats)];

/**
 * Reads the tensor index of a weight file, whose container is known by its bytes and never by its name.
 * @throws bad-file when the bytes are no container that is known, or break the rules of theirs.
 */
export async function openIndex(source: ByteSource, options: ReadOptions = {}): Promise<TensorIndex> {
  const beginning = await source.read(0, Math.min(BEGINNING_BYTES, source.size));
  const head = beginning.subarray(0, HEAD_BYTES);
  const buffered = bufferBeginning(source, beginning);
  const format = recogniseFormat(head);
  if (format !== undefined) return format.read(buffered, options);
  // The reader of the format that the name promises knows best what is wrong.
  const promised = all.find((each) => each.endings.some((ending) => source.file.toLowerCase().endsWith(ending)));
  const disguise = disguiseOf(head);
  if (promised !== undefined && disguise === undefined) return promised.read(buffered, options);
  throw new DanqingError('bad-file', {
    where: source.file,
    expected: `a model file: ${Object.values(formats)
      .map((each) => each.name)
      .join(', ')}`,
    found: disguise?.name ?? `a file that begins with ${showBytes(head)}`,
    advice: disguise?.advice ?? 'Check that this is a model, and that its download is complete.',
  });
}

/** Most headers are shorter, so that one read is all that it takes to know a file. */
const BEGINNING_BYTES = 1 << 16;

function bufferBeginning(source: ByteSource, beginning: Uint8Array): ByteSource {
  return {
    file: source.file,
    size: source.size,
    read(offset, length) {
      const isHere = offset >= 0 && length >= 0 && offset + length <= beginning.length;
      return isHere ? Promise.resolve(beginning.subarray(offset, offset + length)) : source.read(offset, length);
    },
  };
}

/** The format whose first bytes (up to `HEAD_BYTES`) these are. */
export function recogniseFormat(head: Uint8Array): Format | undefined {
  return all.find((each) => each.recognise(head));
}

/** Whether an error of `openIndex` says that a file is whole but something else than a model, which no more bytes will change. */
export const isSomethingElse = ({ trouble }: DanqingError): boolean =>
  DISGUISES.some(({ name }) => name === trouble.found);

interface Disguise {
  readonly name: string;
  readonly advice: string;
}

/** What downloads turn into when they go wrong. */
const DISGUISES: readonly (Disguise & { readonly beginning: RegExp })[] = [
  {
    name: 'a web page',
    beginning: /^<(?:!doctype|html|\?xml)/i,
    advice: 'Download the model itself; the site may ask you to log in first.',
  },
  {
    name: 'a Git LFS pointer',
    beginning: /^version https:\/\/git-lfs/,
    advice: 'Fetch the file itself with `git lfs pull` or from its download link.',
  },
];

function disguiseOf(head: Uint8Array): Disguise | undefined {
  if (head.length === 0) return { name: 'an empty file', advice: 'Download it again.' };
  const text = String.fromCharCode(...head.subarray(0, 200)).trimStart();
  return DISGUISES.find(({ beginning }) => beginning.test(text));
}

function showBytes(head: Uint8Array): string {
  return [...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
