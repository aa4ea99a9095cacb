import { DanqingError } from '../errors.ts';
import { safetensorsFormat } from './formats/safetensors.ts';
import { safetensorsHeader } from './safetensors-header.ts';
import type { ByteSource, TensorIndex } from './tensor-index.ts';

/** Changes of a file's text metadata. */
export interface MetadataEdit {
  readonly set?: ReadonlyMap<string, string>;
  readonly remove?: readonly string[];
  /** Remove all that is there before. */
  readonly clear?: boolean;
}

/** A file with another header before the same tensors. */
export interface NewHeader {
  readonly header: Uint8Array<ArrayBuffer>;
  /** Where the tensors begin in the old file; in the new one they follow the header. */
  readonly dataStart: number;
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * The beginning of a safetensors file with changed metadata.
 * @throws unsupported for other kinds of files; missing when something is to be removed that is not there.
 */
export async function editMetadata(index: TensorIndex, source: ByteSource, edit: MetadataEdit): Promise<NewHeader> {
  if (index.format !== safetensorsFormat.name) {
    throw new DanqingError('unsupported', {
      where: index.file,
      expected: 'a safetensors file, the only kind with metadata that can be changed',
      found: index.format,
      advice: 'Convert it to safetensors first.',
    });
  }
  const length = await source.read(0, 8);
  const dataStart = 8 + Number(new DataView(length.buffer, length.byteOffset).getBigUint64(0, true));
  const metadata = changeMetadata(index.file, index.metadata, edit);
  const records = [...index.tensors.values()].map(({ name, dtype, shape, offset, length: bytes }) => ({
    name,
    dtype,
    shape,
    start: offset - dataStart,
    end: offset - dataStart + bytes,
  }));
  return { header: safetensorsHeader(records, metadata), dataStart, metadata };
}

/** Metadata with entries removed, then others set. @throws missing when something is to be removed that is not there. */
export function changeMetadata(
  file: string,
  before: ReadonlyMap<string, string>,
  { clear = false, remove = [], set = new Map() }: MetadataEdit,
): ReadonlyMap<string, string> {
  const metadata = new Map(clear ? [] : before);
  for (const key of remove) if (!metadata.delete(key)) throw noSuchKey(file, before, key);
  for (const [key, text] of set) metadata.set(key, text);
  return metadata;
}

function noSuchKey(file: string, metadata: ReadonlyMap<string, string>, key: string): DanqingError {
  const keys = [...metadata.keys()];
  return new DanqingError('missing', {
    where: `${file} › metadata`,
    expected: `an entry ${key}`,
    found: keys.length === 0 ? 'no metadata' : `${keys.slice(0, 20).join(', ')}${keys.length > 20 ? ' …' : ''}`,
  });
}
