/** A LoRA that a picture used, as other programs keep it apart from the prompt. */
export interface UsedLora {
  readonly name: string;
  readonly weight: number;
}

/** Puts the tags behind a prompt that make the LoRAs work here; those that the prompt has already are left alone. */
export function withLoraTags(prompt: string, loras: readonly UsedLora[]): string {
  const present = new Set([...prompt.matchAll(/<lora:([^:>]*)/g)].map((match) => match[1]));
  const tags = loras
    .filter(({ name, weight }) => name !== '' && weight !== 0 && !present.has(name))
    .map(({ name, weight }) => `<lora:${name}:${weight}>`);
  return [prompt, ...tags].filter((part) => part !== '').join(' ');
}

/** Name of a model file as the library shows it: no folders, no extension. */
export const modelName = (path: string): string =>
  path.replace(/^.*[\\/]/s, '').replace(/\.(?:safetensors|ckpt|pt|pth|bin|gguf|sft)$/i, '');
