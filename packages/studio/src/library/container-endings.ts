const SAFETENSORS = ['.safetensors', '.safetensor', '.sft'];
const PICKLES = ['.ckpt', '.pt', '.pth', '.bin', '.pkl'];

/** Endings that programs expect of a container, the usual one first. */
const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  safetensors: SAFETENSORS,
  'torch zip': PICKLES,
  'torch legacy': PICKLES,
  'torch tar': PICKLES,
  pickle: PICKLES,
  GGUF: ['.gguf'],
  ONNX: ['.onnx'],
};

/** Whether an ending says what a container is. */
export const isContainerEnding = (ending: string): boolean =>
  Object.values(ENDINGS).some((endings) => endings.includes(ending.toLowerCase()));

/** The ending that a file should have, where its own is none that programs expect of its container. */
export function rightEnding(ending: string, format: string, kind: string): string | undefined {
  const endings = ENDINGS[format];
  if (endings === undefined || endings.includes(ending.toLowerCase())) return undefined;
  return endings === PICKLES && kind !== 'checkpoint' ? '.pt' : endings[0]!;
}
