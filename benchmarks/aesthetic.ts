// What an aesthetic gradient costs with CLIP-L at full size: a file of random weights (0.25 GB) is written and tuned for one chunk of text.
//   npx tsx benchmarks/aesthetic.ts [STEPS]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AestheticGradient } from '@danqing/engine/adapters/aesthetic-gradient/aesthetic-gradient';
import { findTextTower } from '@danqing/engine/adapters/aesthetic-gradient/text-tower';
import { chunkPrompt } from '@danqing/engine/text/chunk-prompt';
import { createClipTokenizer } from '@danqing/engine/text/tokenizers/clip';
import { openFile } from '@danqing/node/files/file-source';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { writeSeededCheckpoint } from '../tests/seeded-weights.ts';
import { indexOf } from '../tests/stored-tensors.ts';
import { watchMemory } from './measuring.ts';
import { sd15Tensors } from './sd15-tensors.ts';

const steps = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), 'danqing-aesthetic-'));
const path = join(folder, 'clip-l.safetensors');
const ofText = sd15Tensors().flatMap(({ key, shape }) => {
  const [, name] = /^cond_stage_model\.transformer\.(text_model\..*)$/.exec(key) ?? [];
  return name === undefined || name.endsWith('position_ids') ? [] : [[name, shape] as const];
});
writeSeededCheckpoint(path, { ...Object.fromEntries(ofText), 'text_projection.weight': [768, 768] });
const file = await openFile(path);
const tower = findTextTower(await indexOf(path))!;
const vector = new Float32Array(768).map((_, i) => Math.sin(i + 1) / Math.sqrt(384));
const settings = {
  steps,
  weight: 0.9,
  learningRate: 1e-4,
  slerp: false,
  text: '',
  textNegative: false,
  slerpAngle: 0.1,
};
let openSeconds = 0;
const gradient = new AestheticGradient(tower, vector, settings, {
  async open(graph) {
    const from = performance.now();
    const session = await openOnCpu(graph, 'quick');
    openSeconds += (performance.now() - from) / 1000;
    return session;
  },
  readTensor: async ({ offset, length }) => file.read(offset, length),
});
const tokenizer = createClipTokenizer();
const options = { emphasis: 'Original', commaPaddingBacktrack: 20 } as const;
const { chunks } = chunkPrompt('a fox in the snow, golden hour', { tokenizer, tokens: 77, options });
const batch = [{ chunk: chunks[0]!, encoding: new Float32Array(77 * 768), count: 1 }];
const memory = watchMemory();
const from = performance.now();
await gradient.refine(batch, 1, undefined);
const seconds = (performance.now() - from) / 1000;
const { anonymous } = memory.peakBytes();
console.log(
  `${steps} steps: ${seconds.toFixed(1)} s, of them ${openSeconds.toFixed(1)} s to open; at most ${(anonymous / 2 ** 30).toFixed(2)} GiB`,
);
await file.close();
rmSync(folder, { recursive: true });
