import type { Runtime } from '@danqing/engine/runtime';
import { openOnnxRuntime, tryProvider } from '../onnxruntime.ts';
import { preparationOf } from '../open-prepared.ts';

/** The processor, by ONNX Runtime; works everywhere and is what all numbers of this project are measured on. */
export const cpu: Runtime = {
  id: 'cpu',
  title: 'Processor (ONNX Runtime)',
  async findObstacle() {
    const message = await tryProvider('cpu');
    return message === undefined ? undefined : { found: message, advice: 'Install again with `npm ci`.' };
  },
  preparationOf,
  open: async (graph, options) => openOnnxRuntime(graph, { ...options, provider: 'cpu' }),
};
