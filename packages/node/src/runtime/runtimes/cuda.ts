import type { Runtime } from '@danqing/engine/runtime';
import { openOnnxRuntime, tryProvider } from '../onnxruntime.ts';

/** An NVIDIA card through CUDA, by ONNX Runtime; its libraries are not in the package and are fetched on request. */
export const cuda: Runtime = {
  id: 'cuda',
  title: 'NVIDIA card (ONNX Runtime, CUDA)',
  untested: 'This project has not tried CUDA yet: compare a picture with one drawn on the processor.',
  async findObstacle() {
    const message = await tryProvider('cuda');
    if (message === undefined) return undefined;
    return {
      found: `no CUDA (${message})`,
      advice:
        'It needs Linux or Windows on x64, an NVIDIA driver and CUDA 12 with cuDNN 9, and libraries that this command fetches: ' +
        'node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12',
    };
  },
  preparationOf: () => 'none',
  open: async (graph, options) => openOnnxRuntime(graph, { ...options, provider: 'cuda' }),
};
