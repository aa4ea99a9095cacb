import { resolve } from 'node:path';
import type { Tally } from '@danqing/engine/tensor/compile-expression';
import { planFile } from '@danqing/engine/weights/plan-file';
import type { BuildRequest, BuiltFile } from './build-request.ts';
import { FileBuild } from './file-build.ts';
import { type WriteLargeOptions, writeLargeFile } from './write-large-file.ts';

/**
 * Writes a model file of any size in little memory: tensors are read, made and written in pieces, arithmetic in threads.
 * @throws as `writeLargeFile`, and what planning the file throws.
 */
export async function buildFile(request: BuildRequest, options: WriteLargeOptions = {}): Promise<BuiltFile> {
  const { container, tensors, metadata, models } = request;
  const path = resolve(request.path);
  const plan = planFile(container, tensors, metadata);
  const sources = models.flatMap(({ files }) => files);
  let tallies: ReadonlyMap<string, Tally> = new Map();
  await writeLargeFile({ path, sizeBytes: plan.size, sources }, options, async (file) => {
    const build = new FileBuild({ ...request, path }, plan, file, options);
    await build.run();
    await file.handle.truncate(plan.size);
    for (const piece of plan.frame(build.checksums())) await file.write(piece.bytes, piece.offset);
    tallies = build.tallies();
  });
  return { sizeBytes: plan.size, tallies };
}
