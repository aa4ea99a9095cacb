import * as systemPath from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { weightFiles } from '@danqing/engine/graph/content';
import type { WeightPlace } from '@danqing/engine/graph/onnx';
import type { Graph } from '@danqing/engine/graph/value';
import type { TensorEntry } from '@danqing/engine/weights/tensor-index';

/** Where the weights of a graph lie, as ONNX Runtime wants it: any files below one folder. */
export interface WeightPlaces {
  readonly folder: string;
  place(entry: TensorEntry): WeightPlace;
}

/**
 * Lets a session read weights in place, at any offset of any file: the folder is the root of the file system, which
 * is the only form of an absolute path that ONNX Runtime accepts. On Windows that is the root of the drive (or of the
 * network share); this has been tried on Linux only.
 * @throws unsupported when the files lie on several drives.
 */
export function weightPlaces(graph: Graph, path: systemPath.PlatformPath = systemPath): WeightPlaces {
  const files = weightFiles(graph);
  const roots = new Set(files.map((file) => path.parse(file).root));
  if (roots.size > 1) {
    throw new DanqingError('unsupported', {
      where: graph.name,
      expected: 'all its model files on one drive',
      found: files.join(', '),
      advice: 'Move them to the same drive.',
    });
  }
  const [folder = path.parse(process.cwd()).root] = roots;
  return {
    folder,
    place({ file, offset, length }) {
      return { location: file.slice(folder.length).replaceAll(path.sep, '/'), offset, length };
    },
  };
}
