/** Whether a file's ending is that of a container that cannot hold code. */
export const isSafeContainer = (path: string): boolean => /\.(?:safetensors?|sft|gguf)$/i.test(path);
