import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from '@danqing/engine/runtime';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeFloat32 } from '../../../../tests/write-float32.ts';
import { OpenAdapters } from '../adapters/open-adapters.ts';
import { OpenEmbeddings } from '../embeddings/open-embeddings.ts';
import { OpenHypernetworks } from '../hypernetworks/open-hypernetworks.ts';
import { FileHashes } from '../library/file-hashes.ts';
import { OpenModels } from './open-models.ts';
import { prepareJob, type PreparingPlace } from './prepare-job.ts';
import { readRecipe } from './read-recipe.ts';
import { SessionCache } from './session-cache.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-prepare-'));
  const layer = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q';
  writeFloat32(join(folder, 'inky.safetensors'), [
    { name: `${layer}.lora_down.weight`, shape: [2, 64], data: new Float32Array(128).fill(0.05) },
    { name: `${layer}.lora_up.weight`, shape: [64, 2], data: new Float32Array(128).fill(0.05) },
  ]);
});

afterAll(() => rmSync(folder, { recursive: true }));

/** A place that says which networks are opened and run. */
function setUp() {
  const opened: string[] = [];
  const ran: string[] = [];
  const sessions = new SessionCache(
    {
      async open(graph, { mode }) {
        opened.push(`${graph.name} ${mode}`);
        const session = await openOnCpu(graph, mode);
        const run: Session['run'] = async (...of) => {
          ran.push(graph.name);
          return session.run(...of);
        };
        return { run, release: async () => session.release() };
      },
      identify: (file) => file,
    },
    { mode: 'fast', budgetBytes: 10, sizeOf: () => 1 },
  );
  const models = new OpenModels(sessions);
  const hashes = new FileHashes(folder);
  const place: PreparingPlace = {
    adapters: new OpenAdapters(),
    hypernetworks: new OpenHypernetworks(hashes),
    embeddings: new OpenEmbeddings(hashes),
    hashes,
    async modelAhead(files, _, { adapt }) {
      return Promise.resolve(
        adapt === undefined ? models.modelOf(files, 'small') : models.adapted(files, adapt, 'small'),
      );
    },
  };
  const prepare = async (input: object) => {
    await prepareJob(readRecipe({ prompt: 'fox', loraFolders: [folder], ...input }), place);
    return { opened: opened.splice(0), ran: ran.splice(0) };
  };
  return { prepare, clear: async () => sessions.clear() };
}

it('opens what comes next in its own mode and encodes its prompts, each once', async () => {
  const { prepare, clear } = setUp();
  const { opened, ran } = await prepare({ negativePrompt: 'blurry' });
  expect(opened.map((name) => name.replace(/^.* /, ''))).toEqual(['small', 'small', 'small']);
  expect(new Set(opened).size).toBe(3);
  expect(ran).toEqual(Array.from({ length: 2 }, () => opened[0]!.replace(/ small$/, '')));
  expect(await prepare({ negativePrompt: 'blurry' })).toEqual({ opened: [], ran: [] });
  await clear();
});

it('opens adapted networks, the same for other strengths, and works nothing out for them', async () => {
  const { prepare, clear } = setUp();
  const { opened, ran } = await prepare({ prompt: '<lora:inky:0.5> fox' });
  expect(opened).toHaveLength(3);
  expect(ran).toEqual([]);
  expect(await prepare({ loras: [{ name: 'inky', weight: 0.8 }] })).toEqual({ opened: [], ran: [] });
  // The text encoder and the decoder are those of the checkpoint.
  expect((await prepare({})).opened).toHaveLength(1);
  await clear();
});

it('leaves what is wrong to the job itself', async () => {
  const { prepare } = setUp();
  for (const input of [{ checkpoint: '/no/such/file' }, { sampler: 'none such' }, { loras: [{ name: 'none such' }] }]) {
    expect(await prepare(input)).toEqual({ opened: [], ran: [] });
  }
});
