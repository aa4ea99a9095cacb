// Embeddings on the bundled checkpoint, against transformers with their vectors put among its token embeddings (oracles/embedding_runs.py).
import { join } from 'node:path';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import type { Embedding } from '@danqing/engine/text/embeddings/embedding';
import { createClipTokenizer } from '@danqing/engine/text/tokenizers/clip';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import fixture from './fixtures/embedding-runs.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers } from './seeded-weights.ts';
import { Starter } from './starter-run.ts';
import { readTensors } from './stored-tensors.ts';

const TABLE = 'cond_stage_model.transformer.text_model.embeddings.token_embedding.weight';

let starter: Starter;
let expected: Record<string, Tensor>;

beforeAll(async () => {
  starter = await Starter.open();
  expected = await readTensors(join(import.meta.dirname, 'fixtures/embedding-runs.safetensors'));
});
afterAll(async () => starter.close());

const embeddingOf = (name: string, vectors: Tensor): Embedding => ({
  name,
  identity: name,
  vectors: new Map([['only', vectors]]),
});

/** The embeddings that the oracle made too. */
const usable = Object.entries(fixture.files).map(([name, count]) => {
  const whole = seededIntegers(name, count * fixture.width);
  const data = Float32Array.from(whole, (number) => (number / 1024) * fixture.scale);
  return embeddingOf(name, { shape: [count, fixture.width], data });
});
const embeddings = { usable, unusable: [] };

/** Pieces of text with weights as a prompt is written. */
const written = (pieces: readonly (readonly (string | number)[])[]): string =>
  pieces.map(([text, weight]) => (weight === 1 ? text : `(${text}:${weight})`)).join(' ');

const draw = async (prompt: string, negativePrompt = '', choice = embeddings): Promise<Float32Array> =>
  starter.draw({ ...fixture, prompt, negativePrompt, embeddings: choice });

describe('EM-01, EM-04, EM-05, PR-08: runs with embeddings', () => {
  it.each(Object.entries(fixture.runs))('%s: the latent that torch has', async (run, [prompt, negative]) => {
    const latent = await draw(written(prompt!), written(negative!));
    expect(relativeError(latent, expected[run]!.data)).toBeLessThan(1e-4);
  });

  it('PR-09: in any case of letters', async () => {
    expect(await draw('red ZorBlax apple', 'BADQUIX')).toEqual(await draw('red zorblax apple', 'badquix'));
  });

  it('PR-08: vectors of two words draw what the words draw', async () => {
    const [table] = Object.values(await readTensors(starter.source.file, ({ name }) => name === TABLE));
    const width = fixture.width;
    const rows = createClipTokenizer()
      .encode('red apple')
      .map((id) => table!.data.subarray(id * width, (id + 1) * width));
    const data = Float32Array.from(rows.flatMap((row) => [...row]));
    const fruit = { usable: [embeddingOf('Best Fruit V2', { shape: [2, width], data })], unusable: [] };
    const { texts, latents } = {
      texts: ['a (best fruit v2:1.2), green', 'a (red apple:1.2), green'],
      latents: [] as Float32Array[],
    };
    for (const text of texts) latents.push(await draw(text, '', fruit));
    expect(latents[0]).toEqual(latents[1]);
    // And before a step as well as after it.
    expect(await draw('[best fruit v2:owl:3]', '', fruit)).toEqual(await draw('[red apple:owl:3]', '', fruit));
  });

  it('EM-02: only the encoding of texts that call one changes: not the checkpoint, not what is drawn without text', async () => {
    const held = await starter.beginning();
    const before = [
      await draw('', '', { usable: [], unusable: [] }),
      await draw('owl', '', { usable: [], unusable: [] }),
    ];
    const { sessionCount } = starter;
    await draw('zorblax', 'badquix');
    expect([await draw(''), await draw('owl')]).toEqual(before);
    expect(starter.sessionCount).toBe(sessionCount);
    expect(await starter.beginning()).toEqual(held);
  });
});
