// What LoRAs cost on SD 1.5 at full size: another weight or set between pictures, and a step with three of rank 32 against one without.
// npx tsx benchmarks/adapters.ts CHECKPOINT changes|steps|locon [fast|quick]; see README.md here.
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Adaptation } from '@danqing/engine/adapters/adaptation';
import { AdaptedWeights } from '@danqing/engine/adapters/adapted-weights';
import { openAdapter } from '@danqing/engine/adapters/adapter-file';
import type { AdapterUse } from '@danqing/engine/adapters/adapter-use';
import { type BaseModules, baseModules } from '@danqing/engine/adapters/base-modules';
import { type MatchedAdapter, matchAdapter } from '@danqing/engine/adapters/match-adapter';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import type { ModelHands } from '@danqing/engine/pipelines/model';
import type { Feed, RunMode, Session } from '@danqing/engine/runtime';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { planSafetensors } from '@danqing/engine/weights/safetensors-plan';
import { openModel } from '@danqing/node/files/open-model';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { openGraph } from '@danqing/node/runtime/run-graph';
import { median } from './measuring.ts';

const USAGE = 'usage: tsx benchmarks/adapters.ts CHECKPOINT changes|steps|locon [fast|quick]';
const RANK = 32;
const ROUNDS = 3;

const wave = (count: number, seed: number, size: number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 12.9898 * i) * size);

/** All tensors of the LoRAs are cut from one row of numbers, whose length is a prime. */
const POOL_LENGTH = 65_537;
const pool = encodeFloat32(wave(POOL_LENGTH, 1, 0.02), 'F16').bytes;

/** Layers of transformers, which kohya's scripts change; and of residual blocks, which LoCon changes too. */
const TRANSFORMERS = /transformer_blocks.*(?:to_|ff\.)|proj_(?:in|out)$/;
const ALL =
  /transformer_blocks.*(?:to_|ff\.)|proj_(?:in|out)$|resnets.*(?:conv\d|time_emb_proj|conv_shortcut)$|samplers/;

function writeLora(path: string, { all }: BaseModules, seed: number, chosen: RegExp): void {
  const layers = all.filter(({ part, name }) => (part === 'denoiser' ? chosen : /self_attn\.|mlp\./).test(name));
  const { header, tensors } = planSafetensors(
    layers.flatMap(({ part, name, weight: { shape } }) => {
      const [out = 1, within = 1, ...kernel] = shape;
      const key = `${part === 'denoiser' ? 'lora_unet_' : 'lora_te_text_model_'}${name.replaceAll('.', '_')}`;
      return [
        { name: `${key}.lora_up.weight`, dtype: 'F16', shape: [out, RANK, ...kernel.map(() => 1)] },
        { name: `${key}.lora_down.weight`, dtype: 'F16', shape: [RANK, within, ...kernel] },
      ] as const;
    }),
    new Map(),
  );
  const file = openSync(path, 'w');
  writeSync(file, header);
  for (const [i, { length }] of tensors.entries()) {
    const bytes = new Uint8Array(length);
    for (let at = 0, from = 2 * ((seed + 7919 * i) % POOL_LENGTH); at < length; from = 0) {
      const part = pool.subarray(from, from + length - at);
      bytes.set(part, at);
      at += part.length;
    }
    writeSync(file, bytes);
  }
  closeSync(file);
}

const [checkpoint, what, mode = 'quick'] = process.argv.slice(2) as [string?, string?, RunMode?];
if (checkpoint === undefined || what === undefined) throw new Error(USAGE);
const folder = mkdtempSync(join(tmpdir(), 'danqing-bench-adapters-'));
const { index, files, close } = await openModel(checkpoint);
const base = baseModules(index);
const parts = familyOf(index, families).parts(index);
const denoiser = parts.denoiser();
const graphs = [
  ['text encoder', parts.textEncoders()[0]!.graph(1)],
  ['denoiser', denoiser.graph()],
] as const;

async function openLora(number: number, chosen = TRANSFORMERS): Promise<MatchedAdapter> {
  const path = join(folder, `lora-${number}.safetensors`);
  writeLora(path, base, 100 * number, chosen);
  const file = await openModel(path);
  const adapter = await openAdapter(file.index, async (entry) => readTensorBytes(file.index, entry, file.files));
  await file.close();
  return matchAdapter(adapter, base);
}

const sessions = new Map<string, Promise<Session>>();
const hands: ModelHands = {
  readTensor: async (entry) => readTensorBytes(index, entry, files),
  async withSession({ name, variant, graph }, work) {
    const key = `${name} ${variant}`;
    let session = sessions.get(key);
    if (session === undefined) sessions.set(key, (session = openOnCpu(graph(), mode)));
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

const idle: ModelHands = {
  ...hands,
  withSession: async (_, work) =>
    work({ run: async () => Promise.resolve({}), release: async () => Promise.resolve() }),
};

/** An adaptation, and how long it took until all that it feeds was worked out. */
async function adapt(weights: AdaptedWeights, uses: readonly AdapterUse[]) {
  const started = performance.now();
  const adaptation = new Adaptation(uses, base, weights);
  const { withSession } = adaptation.adapt(idle);
  for (const [name, graph] of graphs)
    await withSession({ name, variant: '', graph: () => graph }, (session) => session.run({}));
  return { hands: adaptation.adapt(hands), seconds: (performance.now() - started) / 1000 };
}

/** Steps in turns, so that whatever else the machine does is shared; the first of each sets up memory. */
async function compare(ways: Readonly<Record<string, ModelHands>>): Promise<void> {
  const seconds = new Map(Object.keys(ways).map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, on] of Object.entries(ways)) {
      const took = await step(on);
      if (round > 0) seconds.get(name)!.push(took);
    }
  }
  const without = median([...seconds.values()][0]!);
  for (const [name, each] of seconds) {
    console.log(`a step ${name}: ${median(each).toFixed(2)} s, ${(median(each) / without).toFixed(3)} ×`);
  }
}

const usesOf = (loras: readonly MatchedAdapter[], strength: number): AdapterUse[] =>
  loras.map((matched) => ({ matched, textEncoder: strength, denoiser: strength }));

const openWeights = (): AdaptedWeights => new AdaptedWeights(openGraph);

if (what === 'locon') {
  const { hands: adapted, seconds } = await adapt(openWeights(), usesOf([await openLora(5, ALL)], 0.5));
  console.log(`a LoCon, first time: ${seconds.toFixed(2)} s`);
  await compare({ without: hands, 'with a LoCon': adapted });
} else {
  const [one, two, three, four] = [await openLora(1), await openLora(2), await openLora(3), await openLora(4)];
  const uses = usesOf([one, two, three], 0.7);
  if (what === 'changes') {
    const weights = openWeights();
    console.log(`three LoRAs, first time: ${(await adapt(weights, uses)).seconds.toFixed(2)} s`);
    for (const [change, others] of [
      ['other weights', usesOf([one, two, three], 0.4)],
      ['two of them', usesOf([one, two], 0.4)],
      ['a fourth in the place of the first, first time', usesOf([two, three, four], 0.4)],
      ['that one alone', usesOf([four], 1)],
      ['the first three', uses],
      ['the fourth in the place of the first', usesOf([two, three, four], 0.4)],
      ['the first three again', uses],
    ] as const) {
      console.log(`${change}: ${(await adapt(weights, others)).seconds.toFixed(3)} s`);
    }
  } else {
    const { hands: adapted, seconds } = await adapt(openWeights(), uses);
    console.log(`ready in ${seconds.toFixed(2)} s`);
    await compare({ without: hands, 'with three': adapted });
  }
}
await close();
rmSync(folder, { recursive: true });
process.exit(0);
