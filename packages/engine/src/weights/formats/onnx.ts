import { DanqingError } from '../../errors.ts';
import type { Format } from '../format.ts';

/** An ONNX model: a graph, not weights for one of ours. Known by name only. */
export const onnxFormat: Format = {
  name: 'ONNX',
  endings: ['.onnx'],
  // Field 1 (version of the format, a small number), then field 2 (name of the producer) or a later one.
  recognise(head) {
    if (head[0] !== 0x08 || head[1] === 0 || head[1]! > 30) return false;
    const length = head[3]!;
    if (head[2] !== 0x12 || length === 0 || length > 64) return false;
    return head.subarray(4, 4 + length).every((byte) => byte >= 0x20 && byte < 0x7f);
  },
  read(source) {
    return Promise.reject(
      new DanqingError('unsupported', {
        where: source.file,
        expected: 'weights: safetensors, a torch file or GGUF',
        found: 'an ONNX model, which is a whole program of its own',
        advice: 'Get the same model as safetensors.',
      }),
    );
  },
};
