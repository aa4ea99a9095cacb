import {
  type ChangeReport,
  type MetadataInput,
  metadataRequest,
  type MetadataRequest,
} from '@danqing/contract/file-changes';
import { editMetadata, type MetadataEdit } from '@danqing/engine/weights/edit-metadata';
import { replaceBeginning } from '@danqing/node/files/replace-beginning';
import { readRequest } from '../read-request.ts';
import { type ChangeOptions, tellBytes } from './change-options.ts';
import { withModels } from './with-models.ts';

/** What was changed, and the metadata as it is now. */
export interface MetadataReport extends Omit<ChangeReport, 'parts' | 'notes'> {
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Changes the text metadata of a safetensors file: in the file itself, of which there is always either the old or the new
 * one, or in a copy. The tensors are copied as they are.
 * @throws unsupported for other kinds of files; missing for an entry to be removed that is not there; what reading and
 * writing throw.
 */
export async function editMetadataOfFile(input: MetadataInput, options: ChangeOptions = {}): Promise<MetadataReport> {
  const startedMs = performance.now();
  const request = readRequest(metadataRequest, input);
  return withModels([request.file], async ([model]) => {
    const { index, files } = model!;
    const source = files.find(({ file }) => file === index.file) ?? files[0]!;
    const { header, dataStart, metadata } = await editMetadata(index, source, editOf(request));
    const output = request.output ?? source.file;
    await replaceBeginning(source, dataStart, header, output, {
      overwrite: request.overwrite || request.output === undefined,
      ...(options.signal && { signal: options.signal }),
      ...tellBytes('write', options),
    });
    return {
      output,
      sizeBytes: source.size - dataStart + header.length,
      seconds: (performance.now() - startedMs) / 1000,
      metadata: Object.fromEntries(metadata),
    };
  });
}

/** The text metadata of a model file. @throws what reading a model throws. */
export const readMetadata = (file: string): Promise<Readonly<Record<string, string>>> =>
  withModels([file], ([model]) => Promise.resolve(Object.fromEntries(model!.index.metadata)));

/** The changes of a request as the engine has them. */
export const editOf = ({ set, remove, clear }: Pick<MetadataRequest, 'set' | 'remove' | 'clear'>): MetadataEdit => ({
  set: new Map(Object.entries(set)),
  remove,
  clear,
});
