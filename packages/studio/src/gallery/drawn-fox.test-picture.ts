import type { DrawnPicture } from '@danqing/contract/worker-messages';
import { type GenerationParameters, UNKNOWN_PARAMETERS } from '@danqing/engine/image/generation-parameters';
import { writeInfotext } from '@danqing/engine/image/infotext';
import { printReceipt } from '@danqing/engine/image/receipt';
import { hashPixels } from '@danqing/node/image/hash-pixels';

/** A picture as the drawing process hands it out, without its work: smooth colours that compression hardly changes. */
export function drawnFox(index = 0, changes: Partial<GenerationParameters> = {}): DrawnPicture {
  const [width, height] = [32, 24];
  const pixels = Uint8Array.from(
    { length: width * height * 3 },
    (_, i) => 60 + 4 * (i % 3) + Math.floor(i / (width * 3)) * 5,
  );
  const parameters: GenerationParameters = {
    ...UNKNOWN_PARAMETERS,
    prompt: 'a fox',
    steps: 4,
    samplerName: 'Euler',
    cfgScale: 5,
    seed: 7n + BigInt(index),
    size: { width, height },
    model: { name: 'starter', hash: 'a'.repeat(10) },
    rng: 'NV',
    version: 'danqing-0.1.0',
    ...changes,
  };
  const receipt = printReceipt({
    format: 1,
    engine: 'danqing-0.1.0',
    runtime: { name: 'onnxruntime-node 1.30.0', provider: 'cpu', mode: 'quick' },
    checkpoint: { name: 'starter.safetensors', sha256: 'a'.repeat(64) },
    vae: { name: 'built-in', why: 'inside the checkpoint' },
    addOns: [],
    text: { prompt: { tokens: 2, chunks: 1 }, negativePrompt: { tokens: 0, chunks: 1 }, clipSkip: 1, ignoredTags: [] },
    sampling: { samplerName: 'Euler', scheduler: 'Uniform', sigmas: 4, noise: 'nv', options: {} },
    parameters,
    notes: [],
    pixelSha256: hashPixels({ width, height, channels: 3, data: pixels }),
  });
  return { index, width, height, pixels, infotext: writeInfotext(parameters), receipt };
}
