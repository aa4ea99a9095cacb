import { NewFile } from './new-file.ts';
import { writingTrouble } from './writing-trouble.ts';

export interface WriteAtomicOptions {
  /** Whether a file of that name may be replaced; when not, an existing one is left alone. */
  readonly overwrite?: boolean;
  /** Permissions of the file, from its first byte on; by default those that it has, or those of new files. */
  readonly mode?: number;
}

/**
 * Writes a file so that a reader sees all of it or none, whatever happens: into a temporary file of the same folder, to
 * the disk, then to its name. A link is followed to its file.
 * @param data the contents, whole or in pieces.
 * @returns false when the file exists and must not be overwritten; nothing is changed then.
 * @throws io when the place cannot be written or the disk is full; nothing is left behind.
 */
export async function writeAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { overwrite = true, mode }: WriteAtomicOptions = {},
): Promise<boolean> {
  try {
    const file = await NewFile.create(path, mode);
    try {
      let position = 0;
      for await (const piece of piecesOf(data)) {
        await file.write(piece, position);
        position += piece.length;
      }
      return await file.commit(overwrite);
    } catch (error) {
      await file.discard();
      throw error;
    }
  } catch (error) {
    throw writingTrouble(path, error);
  }
}

function piecesOf(
  data: string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (typeof data === 'string') return [new TextEncoder().encode(data)];
  return data instanceof Uint8Array ? [data] : data;
}
