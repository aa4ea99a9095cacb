import { ByteWindow } from '../byte-window.ts';
import type { Format } from '../format.ts';
import { collectArrays } from '../torch/collect.ts';
import { listArrays, placeArrays } from '../torch/place.ts';
import { readTorchPickle } from '../torch/torch-pickle.ts';
import { safetensorsFormat } from './safetensors.ts';
import { torchLegacyFormat } from './torch-legacy.ts';

const HIGHEST_PROTOCOL = 5;
/** How pickles of protocols 0 and 1, which have no mark, begin: a container or a class. */
const OLD_BEGINNING = /^(?:\((?:[dlt][pq]|i[\w.]+\n|[dlt]\.)|[\]})][q.]|c[\w.]+\n[\w.]+\n)/;

/** A single pickle without storages: numpy arrays in dicts and lists. */
export const pickleFormat: Format = {
  name: 'pickle',
  endings: ['.pkl', '.pickle'],
  recognise(head) {
    if (torchLegacyFormat.recognise(head)) return false;
    // A safetensors header of 640 bytes begins like a pickle of protocol 2, but no pickle goes on like a header.
    if (safetensorsFormat.recognise(head)) return false;
    if (head[0] === 0x80) return head.length > 1 && head[1]! <= HIGHEST_PROTOCOL;
    return OLD_BEGINNING.test(String.fromCharCode(...head.subarray(0, 200)));
  },
  async read(source, options = {}) {
    const window = new ByteWindow(source, { where: source.file, what: 'pickle' });
    const { value, foreign } = await readTorchPickle(window, { options });
    const { arrays, extras } = collectArrays(source.file, value);
    const storages = {
      source,
      pickle: source,
      bigEndian: false,
      locate() {
        throw new Error('no persistent id was allowed, so there is no storage');
      },
    };
    const placed = options.placed === false ? listArrays(arrays, source.file) : await placeArrays(arrays, storages);
    return { format: pickleFormat.name, file: source.file, metadata: new Map(), extras, foreign, ...placed };
  },
};
