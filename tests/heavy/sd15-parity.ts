// SD 1.5 at full size against diffusers and transformers, on a checkpoint whose weights are made from their names:
//   tsx tests/heavy/sd15-parity.ts make FILE      writes the checkpoint (2.1 GB)
//   python tests/oracles/sd15_full.py FILE        records diffusers' results as tests/fixtures/sd15-full.safetensors
//   tsx tests/heavy/sd15-parity.ts check FILE     runs the parts and prints the errors; fails when one is too large
import { fileURLToPath } from 'node:url';
import { sd1 } from '@danqing/engine/families/sd1';
import type { Graph } from '@danqing/engine/graph/value';
import type { Feed } from '@danqing/engine/runtime';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { sd15Tensors } from '../../benchmarks/sd15-tensors.ts';
import { relativeError } from '../relative-error.ts';
import { seededIntegers, writeSeededCheckpoint } from '../seeded-weights.ts';
import { indexOf, readTensors } from '../stored-tensors.ts';

const [command, file] = process.argv.slice(2);
if (file === undefined || (command !== 'make' && command !== 'check'))
  throw new Error('usage: sd15-parity.ts make|check FILE');
if (command === 'make') make(file);
else await check(file);

function make(path: string): void {
  const named = sd15Tensors().filter(({ key }) => !key.endsWith('position_ids'));
  writeSeededCheckpoint(path, Object.fromEntries(named.map(({ key, shape }) => [key, shape])));
}

async function check(path: string): Promise<void> {
  const parts = sd1.parts(await indexOf(path));
  const expected = await readTensors(fileURLToPath(new URL('../fixtures/sd15-full.safetensors', import.meta.url)));
  const [encoder] = parts.textEncoders();
  const ids = BigInt64Array.from(expected['text.ids']!.data, BigInt);
  const text = {
    ids: { shape: [1, 77], data: ids },
    replacement: { shape: [1, 77, 768], data: new Float32Array(77 * 768) },
    replaced: { shape: [1, 77, 1], data: new Float32Array(77) },
  };
  for (const skip of [1, 2]) {
    compare(`text.skip${skip}`, (await run(encoder!.graph(skip), text))['encoding']!, expected, 1e-5);
  }
  const unet = {
    x: made('unet.x', [1, 4, 64, 64], 2),
    timestep: { shape: [1], data: Float32Array.of(961.7328) },
    context: made('unet.context', [1, 77, 768], 2),
  };
  compare('unet.prediction', (await run(parts.denoiser().graph(), unet))['prediction']!, expected, 1e-4);
  const vae = parts.vae();
  const latent = made('vae.latent', [1, 4, 64, 64], 4 * sd1.latent.scale);
  compare('vae.image', (await run(vae.decoder(), { latent }))['image']!, expected, 1e-4);
  const encoded = await run(vae.encoder(), { image: made('vae.picture', [1, 3, 512, 512], 1) });
  const unscaled = (of: Tensor): Tensor => ({ ...of, data: of.data.map((value) => value / sd1.latent.scale) });
  compare('vae.mean', unscaled(encoded['latent']!), expected, 1e-4);
  compare('vae.deviation', unscaled(encoded['deviation']!), expected, 1e-4);
}

async function run(graph: Graph, feeds: Record<string, Feed>): Promise<Record<string, Tensor>> {
  const session = await openOnCpu(graph, 'quick');
  const results = await session.run(feeds);
  await session.release();
  return results;
}

/** Compares what was recorded: every eighth place along the second to last axis, and along the last but for encodings. */
function compare(name: string, found: Tensor, expected: Record<string, Tensor>, limit: number): void {
  const [rows, columns] = found.shape.slice(-2) as [number, number];
  const step = name.startsWith('text.') ? 1 : 8;
  const recorded = found.data.filter(
    (_, i) => (Math.floor(i / columns) % rows) % 8 === 0 && (i % columns) % step === 0,
  );
  const wanted = expected[name]!.data;
  const error = relativeError(recorded, wanted);
  const largest = recorded.reduce((worst, value, i) => Math.max(worst, Math.abs(value - wanted[i]!)), 0);
  const scale = wanted.reduce((worst, value) => Math.max(worst, Math.abs(value)), 0);
  process.stdout.write(
    `${name}: relative error ${error.toExponential(2)}, largest ${(largest / scale).toExponential(2)} of the maximum\n`,
  );
  if (!(error <= limit)) process.exitCode = 1;
}

/** The input that the oracle made under this name, times `factor`. */
function made(name: string, shape: readonly number[], factor: number): Feed {
  return {
    shape,
    data: Float32Array.from(seededIntegers(name, elementCount(shape)), (value) => (value / 1024) * factor),
  };
}
