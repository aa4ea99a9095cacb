// Whole runs on the bundled checkpoint against the latents that an independent implementation recorded.
import { readFileSync } from 'node:fs';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { generate, type GenerateRequest, type GenerateResult } from '@danqing/engine/pipelines/generate';
import { createModel, type Model } from '@danqing/engine/pipelines/model';
import type { Session } from '@danqing/engine/runtime';
import { findSampler } from '@danqing/engine/sampling/find-sampler';
import { samplingDefaults } from '@danqing/engine/sampling/options';
import { decodeToFloat32 } from '@danqing/engine/tensor/dtype';
import { promptDefaults } from '@danqing/engine/text/prompt-options';
import { openIndex } from '@danqing/engine/weights/open-index';
import { openFile } from '@danqing/node/files/file-source';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from './relative-error.ts';
import { sharedData } from './shared-data.ts';

interface Case {
  readonly id: string;
  readonly samplerName: string;
  readonly scheduler: string;
  readonly steps: number;
  readonly cfg: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly clipSkip: number;
  readonly prompt: string;
  readonly negative: string;
}

const cases = JSON.parse(readFileSync(sharedData('oracle/runs.json'), 'utf8')) as Case[];
const sessions = new Map<string, Promise<Session>>();
let model: Model;
let recorded: Map<string, Float32Array>;

beforeAll(async () => {
  const source = await openFile(sharedData('checkpoint/starter-emoji-128.safetensors'));
  const index = await openIndex(source);
  const parts = familyOf(index, families).parts(index);
  model = createModel(
    { parts, vae: parts.vae(), previewVae: undefined },
    {
      readTensor: async ({ offset, length }) => source.read(offset, length),
      async withSession({ name, variant, graph }, work) {
        const key = name + variant;
        let session = sessions.get(key);
        if (session === undefined) sessions.set(key, (session = openOnCpu(graph(), 'fast')));
        return work(await session);
      },
    },
  );
  const runs = await openFile(sharedData('oracle/runs.safetensors'));
  recorded = new Map();
  for (const { name, dtype, offset, length } of (await openIndex(runs)).tensors.values()) {
    recorded.set(name, decodeToFloat32(await runs.read(offset, length), dtype));
  }
  await runs.close();
});

afterAll(async () => {
  for (const session of sessions.values()) await (await session).release();
});

function requestOf(run: Case): GenerateRequest {
  const { sampler, schedule } = findSampler(run.samplerName, run.scheduler);
  return {
    prompt: run.prompt,
    negativePrompt: run.negative,
    sampler,
    schedule,
    steps: run.steps,
    cfgScale: run.cfg,
    width: run.width,
    height: run.height,
    seeds: [{ seed: run.seed, subseed: 0 }],
    subseedStrength: 0,
    sampling: { ...samplingDefaults, randnSource: 'cpu' },
    text: { ...promptDefaults, clipSkip: run.clipSkip },
  };
}

async function draw(request: GenerateRequest): Promise<GenerateResult> {
  const run = generate(request, model);
  for (;;) {
    const next = await run.next();
    if (next.done === true) return next.value;
  }
}

describe('GEN-01, GEN-02, CK-01: a whole run has the latent that an independent implementation recorded', () => {
  it.each(cases)('$id', async (run) => {
    const { latent } = await draw(requestOf(run));
    expect(latent.shape).toEqual([1, 4, run.height / 8, run.width / 8]);
    expect(relativeError(latent.data, recorded.get(run.id)!)).toBeLessThan(1e-3);
  });
});
