// What LoRAs cost on SD 1.5 at full size: a step with three of rank 32 against one without, and another weight or set between pictures.
// npx tsx benchmarks/adapters.ts CHECKPOINT [fast|quick [locon]]; see README.md here.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adaptation } from '@danqing/engine/adapters/adaptation';
import { AdaptedWeights } from '@danqing/engine/adapters/adapted-weights';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import type { AdapterUse } from '@danqing/engine/adapters/adapter-use';
import { type BaseModules, baseModules } from '@danqing/engine/adapters/base-modules';
import { type MatchedAdapter, matchAdapter } from '@danqing/engine/adapters/match-adapter';
import type { Application } from '@danqing/engine/adapters/tensor-form';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { ModelHands } from '@danqing/engine/pipelines/model';
import type { Feed, RunMode, Session } from '@danqing/engine/runtime';
import { elementCount } from '@danqing/engine/tensor/tensor';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openModel } from '@danqing/node/files/open-model';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { openGraph } from '@danqing/node/runtime/run-graph';
import { writeFloat32 } from '../tests/write-float32.ts';
import { median } from './measuring.ts';

const RANK = 32;
const ROUNDS = 4;

const wave = (count: number, seed: number, size: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 12.9898 * i) * size);

/** Layers of transformers, which kohya's scripts change; and of residual blocks, which LoCon changes too. */
const TRANSFORMERS = /transformer_blocks.*(?:to_|ff\.)|proj_(?:in|out)$/;
const ALL =
  /transformer_blocks.*(?:to_|ff\.)|proj_(?:in|out)$|resnets.*(?:conv\d|time_emb_proj|conv_shortcut)$|samplers/;

function writeLora(path: string, { all }: BaseModules, seed: number, chosen: RegExp): void {
  const layers = all.filter(({ part, name }) => (part === 'denoiser' ? chosen : /self_attn\.|mlp\./).test(name));
  writeFloat32(
    path,
    layers.flatMap(({ part, name, weight: { shape } }, i) => {
      const [out = 1, within = 1, ...kernel] = shape;
      const key = `${part === 'denoiser' ? 'lora_unet_' : 'lora_te_text_model_'}${name.replaceAll('.', '_')}`;
      const ones = kernel.map(() => 1);
      const tensor = (role: string, of: number[], more: number) => ({
        name: `${key}.${role}.weight`,
        shape: of,
        data: wave(elementCount(of), seed + i + more, 0.02),
      });
      return [tensor('lora_up', [out, RANK, ...ones], 0), tensor('lora_down', [RANK, within, ...kernel], 0.5)];
    }),
  );
}

const [checkpoint, mode = 'quick', extra] = process.argv.slice(2) as [string?, RunMode?, string?];
if (checkpoint === undefined) throw new Error('usage: tsx benchmarks/adapters.ts CHECKPOINT [fast|quick [locon]]');
const folder = mkdtempSync(join(tmpdir(), 'danqing-bench-adapters-'));
const { index, files, close } = await openModel(checkpoint);
const base = baseModules(index);
const denoiser = familyOf(index, families).parts(index).denoiser();

async function openLora(number: number, chosen = TRANSFORMERS): Promise<MatchedAdapter> {
  const path = join(folder, `lora-${number}.safetensors`);
  writeLora(path, base, 100 * number, chosen);
  const file = await openModel(path);
  const adapter = await openAdapter(file.index, async (entry) => readTensorBytes(file.index, entry, file.files));
  await file.close();
  return matchAdapter(adapter, base);
}

const sessions = new Map<string, Promise<Session>>();
let opened = 0;
const hands: ModelHands = {
  readTensor: async (entry) => readTensorBytes(index, entry, files),
  async withSession({ name, variant, graph }, work) {
    const key = `${name} ${variant}`;
    let session = sessions.get(key);
    if (session === undefined) {
      opened++;
      sessions.set(key, (session = openOnCpu(graph(), mode)));
    }
    return work(await session);
  },
};

const feeds: Record<string, Feed> = {
  x: { shape: [2, 4, 64, 64], data: wave(2 * 4 * 64 * 64, 1, 1.7) },
  timestep: { shape: [2], data: Float32Array.of(500, 500) },
  context: { shape: [2, 77, denoiser.contextWidth], data: wave(2 * 77 * denoiser.contextWidth, 2, 1.7) },
};

async function step(on: ModelHands): Promise<number> {
  const started = performance.now();
  await on.withSession({ name: 'denoiser', variant: '', graph: () => denoiser.graph() }, (session) =>
    session.run(feeds),
  );
  return (performance.now() - started) / 1000;
}

const weights = new AdaptedWeights(openGraph);

/** An adaptation, and how long it took to be ready. */
async function adapt(uses: readonly AdapterUse[], application: Application = 'beside') {
  const started = performance.now();
  const adaptation = new Adaptation(uses, base, weights, application);
  await adaptation.prepare();
  return { hands: adaptation.adapt(hands), seconds: (performance.now() - started) / 1000 };
}

/** Steps in turns, so that whatever else the machine does is shared; the first of each sets up memory. */
async function compare(what: string, adapted: ModelHands, limit: string): Promise<void> {
  const [without, adaptedSteps]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS; round++) {
    const [plain, changed] = [await step(hands), await step(adapted)];
    if (round === 0) continue;
    without.push(plain);
    adaptedSteps.push(changed);
  }
  const [plain, changed] = [median(without), median(adaptedSteps)];
  console.log(
    `${what}: ${plain.toFixed(2)} s without, ${changed.toFixed(2)} s with: ${(changed / plain).toFixed(3)} ×${limit}`,
  );
}

const loras = [await openLora(1), await openLora(2), await openLora(3), await openLora(4)];
const usesOf = (numbers: readonly number[], strength: number): AdapterUse[] =>
  numbers.map((number) => ({ matched: loras[number]!, textEncoder: strength, denoiser: strength }));

console.log(`three LoRAs of rank ${RANK}, first time: ${(await adapt(usesOf([0, 1, 2], 0.7))).seconds.toFixed(2)} s`);
for (const [what, uses] of [
  ['other weights', usesOf([0, 1, 2], 0.4)],
  ['two of them', usesOf([0, 1], 0.4)],
  ['another set of three', usesOf([1, 2, 3], 0.4)],
  ['one', usesOf([3], 1)],
  ['three again', usesOf([0, 1, 2], 0.7)],
] as const) {
  console.log(`${what}: ${(await adapt(uses)).seconds.toFixed(3)} s (limit 0.3)`);
}
await compare('a step with three', (await adapt(usesOf([0, 1, 2], 0.7))).hands, ' (limit 1.05)');
const before = opened;
await step((await adapt(usesOf([1, 3], 0.3))).hands);
console.log(`sessions opened for another set: ${opened - before}`);
if (extra === 'locon') {
  for (const [key, session] of sessions) if (key !== 'denoiser ') await (await session).release();
  const locon: AdapterUse[] = [{ matched: await openLora(5, ALL), textEncoder: 0.5, denoiser: 0.5 }];
  const fed = await adapt(locon);
  console.log(`a LoCon, first time: ${fed.seconds.toFixed(2)} s`);
  await compare('a step with a LoCon', fed.hands, '');
  const started = performance.now();
  const merged = await adapt(locon, 'merged');
  await step(merged.hands);
  console.log(`the same merged: opened and one step in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  await compare('a step with it merged', merged.hands, '');
}
await close();
rmSync(folder, { recursive: true });
process.exit(0);
