import type { Runtime } from '@danqing/engine/runtime';
import { openOnnxRuntime, tryProvider } from '../onnxruntime.ts';

/** A graphics card through WebGPU (Vulkan, Direct3D 12 or Metal), by ONNX Runtime. */
export const webgpu: Runtime = {
  id: 'webgpu',
  title: 'Graphics card (ONNX Runtime, WebGPU)',
  untested:
    'This project has not tried WebGPU on a graphics card yet: compare a picture with one drawn on the processor.',
  async findObstacle() {
    const message = await tryProvider('webgpu');
    if (message === undefined) return undefined;
    return {
      found: `no graphics card for WebGPU (${message})`,
      advice: "Install the card's driver with Vulkan, Direct3D 12 or Metal support.",
    };
  },
  preparationOf: () => 'none',
  open: async (graph, options) => openOnnxRuntime(graph, { ...options, provider: 'webgpu' }),
};
