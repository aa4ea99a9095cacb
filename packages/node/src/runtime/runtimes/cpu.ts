import type { Runtime } from '@danqing/engine/runtime';
import { openOnnxRuntime, tryProvider } from '../onnxruntime.ts';
import { preparationOf } from '../open-prepared.ts';

/** The processor, by ONNX Runtime; works everywhere and is what all numbers of this project are measured on. */
export const cpu: Runtime = {
  id: 'cpu',
  title: 'Processor (ONNX Runtime)',
  findObstacle: async () => tryProvider('cpu'),
  preparationOf,
  open: async (graph, options) => openOnnxRuntime(graph, { ...options, provider: 'cpu' }),
};
