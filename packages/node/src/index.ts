export { openOnCpu } from './runtime/onnxruntime.ts';
