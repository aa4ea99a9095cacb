import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { familyOf } from '@danqing/engine/detect-family';
import { families } from '@danqing/engine/families/index';
import { sd1 } from '@danqing/engine/families/sd1';
import { sdxl } from '@danqing/engine/families/sdxl';
import type { Family, Parts } from '@danqing/engine/family';
import { weightFiles } from '@danqing/engine/graph/content';
import type { Graph } from '@danqing/engine/graph/value';
import type { Feed } from '@danqing/engine/runtime';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { withOriginalNames } from '@danqing/engine/weights/keys/original-names';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { openIndex } from '@danqing/engine/weights/open-index';
import { crc32 } from '@danqing/engine/weights/zip/crc32';
import { locateData, readZipDirectory } from '@danqing/engine/weights/zip/zip-directory';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import recorded from './fixtures/diffusers-names.json' with { type: 'json' };
import tinyFamilies from './fixtures/families-tiny.json' with { type: 'json' };
import tinySd1 from './fixtures/sd1-tiny.json' with { type: 'json' };
import { modelOf, type TensorOfTest } from './made-files.ts';
import { relativeError } from './relative-error.ts';
import { seededIntegers, seededWeight, writeSeededCheckpoint } from './seeded-weights.ts';
import { shapeIndex } from './shape-index.ts';

// One model in every form that people keep it in: the parts compute the same.

type Shapes = Readonly<Record<string, readonly number[]>>;
const shapes: Readonly<Record<string, Shapes>> = { ...tinyFamilies.shapes, sd1: tinySd1.shapes };
const names: Readonly<Record<string, readonly (readonly string[])[]>> = recorded.names;
const [UNET, VAE] = ['model.diffusion_model.', 'first_stage_model.'];

const folder = mkdtempSync(join(tmpdir(), 'danqing-forms-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Tensors below `start` under the names of the diffusers library, by their original names. */
function diffusersNames(of: Shapes, start: string, pairs: readonly (readonly string[])[]): [string, string][] {
  const byLayer = new Map(pairs.map(([diffusers, original]) => [original!, diffusers!]));
  return Object.keys(of)
    .filter((key) => key.startsWith(start))
    .map((key) => {
      const name = key.slice(start.length);
      const dot = name.lastIndexOf('.');
      return [key, byLayer.get(name.slice(0, dot))! + name.slice(dot)];
    });
}

describe('the names of the diffusers library', () => {
  it.each(['sd1', 'sdxl'])('lead back to the original ones: the UNet of %s, in a folder and alone', (family) => {
    const pairs = diffusersNames(shapes[family]!, UNET, names[family]!);
    expect(pairs.length).toBeGreaterThan(100);
    const index = (at: string) =>
      shapeIndex(Object.fromEntries(pairs.map(([key, name]) => [at + name, shapes[family]![key]!])));
    const inFolder = withOriginalNames(index('unet.'));
    expect([...inFolder.tensors.keys()]).toEqual(pairs.map(([key]) => key));
    expect([...inFolder.tensors.values()].map(({ name }) => name)).toEqual(pairs.map(([key]) => key));
    const alone = withOriginalNames(index(''));
    expect([...alone.tensors.keys()]).toEqual(pairs.map(([key]) => key.slice(UNET.length)));
  });

  it('lead back to the original ones: the VAE, in today’s names and those of before', () => {
    const pairs = diffusersNames(shapes['vae']!, VAE, names['vae']!);
    const old: Readonly<Record<string, string>> = {
      to_q: 'query',
      to_k: 'key',
      to_v: 'value',
      'to_out.0': 'proj_attn',
    };
    const before = (name: string) => name.replace(/to_(?:q|k|v|out\.0)(?=\.)/, (layer) => old[layer]!);
    for (const rename of [(name: string) => name, before]) {
      const index = shapeIndex(Object.fromEntries(pairs.map(([key, name]) => [rename(name), shapes['vae']![key]!])));
      expect([...withOriginalNames(index).tensors.keys()]).toEqual(pairs.map(([key]) => key.slice(VAE.length)));
    }
  });

  it('leave everything else alone', () => {
    for (const of of [shapes['sd1']!, { 'text_encoder.x': [1] }, {}]) {
      const index = shapeIndex(of);
      expect(withOriginalNames(index)).toBe(index);
    }
  });
});

/** A text encoder of OpenCLIP as the transformers library keeps it. */
function asTransformers(of: Shapes, start: string): Record<string, TensorOfTest> {
  const found: Record<string, TensorOfTest> = {};
  const put = (name: string, shape: readonly number[], values: ArrayLike<number>): void => {
    found[name] = { dtype: 'F16', shape, bytes: encodeFloat32(Float32Array.from(values), 'F16').bytes };
  };
  for (const [key, shape] of Object.entries(of).filter(([name]) => name.startsWith(start))) {
    const values = seededWeight(key, shape);
    const name = key
      .slice(start.length)
      .replace('transformer.resblocks.', 'encoder.layers.')
      .replace('ln_final', 'final_layer_norm')
      .replace('ln_', 'layer_norm')
      .replace('attn.out_proj', 'self_attn.out_proj')
      .replace('c_fc', 'fc1')
      .replace('c_proj', 'fc2')
      .replace('token_embedding', 'embeddings.token_embedding')
      .replace('positional_embedding', 'embeddings.position_embedding.weight');
    if (name === 'text_projection') {
      const [rows, columns] = shape as [number, number];
      const turned = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
      put('text_projection.weight', [columns, rows], turned);
    } else if (name.includes('attn.in_proj_')) {
      const size = values.length / 3;
      ['q', 'k', 'v'].forEach((letter, i) =>
        put(
          `text_model.${name.replace('attn.in_proj_', `self_attn.${letter}_proj.`)}`,
          [shape[0]! / 3, ...shape.slice(1)],
          values.subarray(i * size, (i + 1) * size),
        ),
      );
    } else put(`text_model.${name}`, shape, values);
  }
  return found;
}

async function writeFile(path: string, tensors: Readonly<Record<string, TensorOfTest>>): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, (await modelOf(path, tensors)).bytes);
}

/** Values of the original names under others. */
const renamed = (of: Shapes, pairs: readonly [string, string][]): Record<string, TensorOfTest> =>
  Object.fromEntries(
    pairs.map(([key, name]) => {
      const shape = of[key]!;
      return [name, { dtype: 'F16' as const, shape, bytes: encodeFloat32(seededWeight(key, shape), 'F16').bytes }];
    }),
  );

const partsOf = async (path: string, family: Family): Promise<Parts> => family.parts(await readLastingIndex(path));

async function run(graph: Graph, feeds: Record<string, Feed>): Promise<Record<string, Tensor>> {
  const session = await openOnCpu(graph, 'quick');
  const results = await session.run(feeds);
  await session.release();
  return results;
}

const made = (name: string, shape: readonly number[]): Tensor => ({
  shape,
  data: Float32Array.from(seededIntegers(name, elementCount(shape)), (value) => value / 512),
});

/** What all parts of a model compute of made inputs. */
async function compute(parts: Parts): Promise<Record<string, Tensor>> {
  const { contextWidth, vectorWidth, graph } = parts.denoiser();
  const found: Record<string, Tensor> = {};
  const unet = await run(graph(), {
    x: made('x', [1, 4, 8, 8]),
    timestep: { shape: [1], data: Float32Array.of(500.5) },
    context: made('context', [1, 77, contextWidth]),
    ...(vectorWidth !== undefined && { vector: made('vector', [1, vectorWidth]) }),
  });
  found['prediction'] = unet['prediction']!;
  for (const [i, part] of parts.textEncoders().entries()) {
    const results = await run(part.graph(part.clipSkip.usual), {
      ids: { shape: [1, 77], data: BigInt64Array.from({ length: 77 }, (_, at) => BigInt(at)) },
      replacement: { shape: [1, 77, part.width], data: new Float32Array(77 * part.width) },
      replaced: { shape: [1, 77, 1], data: new Float32Array(77) },
      ...(part.pooledWidth !== undefined && {
        pooledAt: { shape: [1, 77, 1], data: Float32Array.from({ length: 77 }, (_, at) => Number(at === 7)) },
      }),
    });
    for (const [name, value] of Object.entries(results)) found[`${name} ${i}`] = value;
  }
  found['image'] = (await run(parts.vae().decoder(), { latent: made('latent', [1, 4, 4, 4]) }))['image']!;
  return found;
}

describe('a tiny SD 1.x', () => {
  const checkpoint = join(folder, 'sd1.safetensors');
  let wanted: Record<string, Tensor>;
  beforeAll(async () => {
    writeSeededCheckpoint(checkpoint, shapes['sd1']!);
    wanted = await compute(await partsOf(checkpoint, sd1));
  });

  it('FMT-03, GEN-13: computes the same bits as a diffusers folder', async () => {
    const path = join(folder, 'sd1-folder');
    const of = shapes['sd1']!;
    await writeFile(
      join(path, 'unet/diffusion_pytorch_model.safetensors'),
      renamed(of, diffusersNames(of, UNET, names['sd1']!)),
    );
    await writeFile(
      join(path, 'vae/diffusion_pytorch_model.safetensors'),
      renamed(of, diffusersNames(of, VAE, names['vae']!)),
    );
    const text = 'cond_stage_model.transformer.';
    const texts = Object.keys(of).filter((key) => key.startsWith(text));
    await writeFile(
      join(path, 'text_encoder/model.safetensors'),
      renamed(
        of,
        texts.map((key) => [key, key.slice(text.length)]),
      ),
    );
    writeFileSync(join(path, 'model_index.json'), '{}');
    expect(familyOf(await readLastingIndex(path), families)).toBe(sd1);
    expect(await compute(await partsOf(path, sd1))).toEqual(wanted);
  });

  it('FMT-01: computes the same bits as a torch file, packed or not', async () => {
    const { tensors } = await openIndex(memorySource(checkpoint, readFileSync(checkpoint)));
    const stored = readFileSync(checkpoint);
    const same = Object.fromEntries(
      [...tensors.values()].map(({ name, dtype, shape, offset, length }) => [
        name,
        { dtype, shape, bytes: stored.subarray(offset, offset + length) },
      ]),
    );
    const { bytes } = await modelOf('tiny.ckpt', same, {}, 'torch');
    const plain = join(folder, 'tiny.ckpt');
    writeFileSync(plain, bytes);
    expect(await compute(await partsOf(plain, sd1))).toEqual(wanted);

    const packed = join(folder, 'packed.ckpt');
    writeFileSync(packed, await packZip(bytes));
    const parts = await partsOf(packed, sd1);
    const graph = parts.denoiser().graph();
    // Its weights come from the file, although none stands there as it is.
    expect(weightFiles(graph)).toEqual([packed]);
    expect(await compute(parts)).toEqual(wanted);
  });
});

describe('a tiny SDXL', () => {
  it('FMT-03, GEN-13: computes the same as a diffusers folder', async () => {
    // Few words, or most of the time goes into making them.
    const of = Object.fromEntries(
      Object.entries({ ...shapes['sdxl']!, ...shapes['vae']! }).map(([key, shape]) => [
        key,
        key.endsWith('token_embedding.weight') ? [128, shape[1]!] : shape,
      ]),
    );
    const checkpoint = join(folder, 'sdxl.safetensors');
    writeSeededCheckpoint(checkpoint, of);
    const path = join(folder, 'sdxl-folder');
    const first = 'conditioner.embedders.0.transformer.';
    const texts = Object.keys(of).filter((key) => key.startsWith(first));
    await writeFile(
      join(path, 'unet/diffusion_pytorch_model.safetensors'),
      renamed(of, diffusersNames(of, UNET, names['sdxl']!)),
    );
    await writeFile(
      join(path, 'vae/diffusion_pytorch_model.safetensors'),
      renamed(of, diffusersNames(of, VAE, names['vae']!)),
    );
    await writeFile(
      join(path, 'text_encoder/model.safetensors'),
      renamed(
        of,
        texts.map((key) => [key, key.slice(first.length)]),
      ),
    );
    await writeFile(
      join(path, 'text_encoder_2/model.safetensors'),
      asTransformers(of, 'conditioner.embedders.1.model.'),
    );
    writeFileSync(join(path, 'model_index.json'), '{}');
    const [wanted, found] = [await compute(await partsOf(checkpoint, sdxl)), await compute(await partsOf(path, sdxl))];
    expect(Object.keys(found)).toEqual(['prediction', 'encoding 0', 'encoding 1', 'pooled 1', 'image']);
    for (const [name, { data }] of Object.entries(wanted)) {
      expect(relativeError(found[name]!.data, data), name).toBeLessThan(1e-6);
    }
  });
});

/** The same zip archive with its members deflated. */
async function packZip(bytes: Uint8Array): Promise<Uint8Array> {
  const source = memorySource('archive', bytes);
  const [parts, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const member of (await readZipDirectory(source)).values()) {
    const start = await locateData(source, member);
    const data = bytes.subarray(start, start + member.storedBytes);
    const packed = deflateRawSync(data, { level: 1 });
    const name = Buffer.from(member.name);
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(8, 4);
    fields.writeUInt32LE(crc32(data), 10);
    fields.writeUInt32LE(packed.length, 14);
    fields.writeUInt32LE(data.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const central = Buffer.alloc(14);
    central.writeUInt32LE(at, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), fields, central, name);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), fields, name, packed);
    at += 30 + name.length + packed.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length / 4, 8);
  end.writeUInt16LE(directory.length / 4, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}
