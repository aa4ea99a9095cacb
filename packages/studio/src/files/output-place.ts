import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import type { Container } from '@danqing/engine/weights/file-plan';

/** Endings by which a name says what kind of file it is. */
const CONTAINER_OF: Readonly<Record<string, Container>> = {
  '.safetensors': 'safetensors',
  '.safetensor': 'safetensors',
  '.sft': 'safetensors',
  '.ckpt': 'torch',
  '.pt': 'torch',
  '.pth': 'torch',
  '.bin': 'torch',
};
const ENDING_OF: Readonly<Record<Container, string>> = { safetensors: '.safetensors', torch: '.ckpt' };

/** What was asked for. */
export interface OutputChoice {
  readonly output?: string | undefined;
  readonly format?: Container | undefined;
}

/** Where a changed model goes, and what kind of file it becomes. */
export interface OutputPlace {
  readonly path: string;
  readonly container: Container;
}

/**
 * Decides the name of a changed model.
 * @param first the model that it is made from, beside which it goes where nothing is said.
 * @param stem of the name where only a folder, or nothing, is said.
 * @throws bad-value when the ending of a name and the chosen format contradict each other.
 */
export async function outputPlace({ output, format }: OutputChoice, first: string, stem: string): Promise<OutputPlace> {
  const intoFolder = output !== undefined && (/[\\/]$/.test(output) || (await isFolder(output)));
  if (output === undefined || intoFolder) {
    const container = format ?? 'safetensors';
    const folder = output ?? dirname(resolve(first));
    return { path: join(resolve(folder), fitName(stem, ENDING_OF[container])), container };
  }
  const promised = CONTAINER_OF[extname(output).toLowerCase()];
  if (format !== undefined && promised !== undefined && promised !== format) {
    throw new DanqingError('bad-value', {
      where: output,
      expected: `a name for a ${format} file, such as ${basename(output, extname(output))}${ENDING_OF[format]}`,
      found: `the ending ${extname(output)}`,
    });
  }
  const container = format ?? promised ?? 'safetensors';
  // A name without an ending gets one; `model.v2` has none that says anything.
  return { path: resolve(promised === undefined ? `${output}${ENDING_OF[container]}` : output), container };
}

/** The name of a file without folders and ending. */
export const stemOf = (path: string): string => basename(path, extname(path));

/** Longest name that file systems take, in bytes. */
const NAME_BYTES = 255;

function fitName(stem: string, ending: string): string {
  let fitting = stem.replaceAll(/[\\/\0]/g, '_');
  while (Buffer.byteLength(fitting + ending) > NAME_BYTES) fitting = fitting.slice(0, -1);
  return fitting + ending;
}

/** Whether there is a folder of this name. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
