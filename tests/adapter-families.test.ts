import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { elementCount, type Tensor } from '@danqing/engine/tensor/tensor';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdaptedStarter } from './adapted-starter.ts';
import fixture from './fixtures/adapter-families.json' with { type: 'json' };
import tiny from './fixtures/families-tiny.json' with { type: 'json' };
import { relativeError } from './relative-error.ts';
import { seededIntegers, writeSeededCheckpoint } from './seeded-weights.ts';
import { readTensors } from './stored-tensors.ts';
import { writeFloat32 } from './write-float32.ts';

// A LoRA on every layer that kohya's scripts reach, on tiny models of SD 2.x and SDXL, against diffusers and transformers
// (oracles/adapter_families.py).

const run = { ...fixture, negativePrompt: fixture.negative };
const folder = mkdtempSync(join(tmpdir(), 'danqing-adapter-families-'));
let expected: Record<string, Tensor>;

beforeAll(async () => {
  expected = await readTensors(join(import.meta.dirname, 'fixtures/adapter-families.safetensors'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The LoRA that the oracle made: W changes by up · down / 256, so alpha is that share of the rank. */
function writeLora(name: keyof typeof fixture.modules): string {
  const path = join(folder, `${name}-lora.safetensors`);
  const modules = Object.entries(fixture.modules[name] as Readonly<Record<string, readonly number[]>>);
  writeFloat32(
    path,
    modules.flatMap(([module, [out = 1, within = 1, ...kernel]]) => {
      const tensor = (role: string, shape: readonly number[]) => {
        const whole = seededIntegers(`${name} ${module}.${role}.weight`, elementCount(shape));
        return { name: `${module}.${role}.weight`, shape, data: Float32Array.from(whole, (value) => value / 1024) };
      };
      return [
        tensor('lora_up', [out, fixture.rank, ...kernel.map(() => 1)]),
        tensor('lora_down', [fixture.rank, within, ...kernel]),
        { name: `${module}.alpha`, shape: [], data: Float32Array.of(fixture.rank / 256) },
      ];
    }),
  );
  return path;
}

it.each(['sd2', 'sdxl'] as const)(
  'LO-02: %s with a LoRA is what diffusers makes of it, in every way that it gets in',
  async (name) => {
    const path = join(folder, `${name}.safetensors`);
    writeSeededCheckpoint(path, { ...tiny.shapes[name], ...tiny.shapes.vae });
    const model = await AdaptedStarter.open(path);
    const matched = await model.match(writeLora(name));
    expect([matched.leftOut, matched.matchedKeys]).toEqual([[], matched.adapter.keyCount]);
    const uses = [{ matched, textEncoder: 1, denoiser: 1 }];
    expect(relativeError(await model.draw(run), expected[`${name} without`]!.data)).toBeLessThan(1e-3);
    const fed = await model.draw(run, uses);
    expect(relativeError(fed, expected[name]!.data)).toBeLessThan(1e-3);
    for (const form of ['beside', 'whole'] as const) {
      expect(relativeError(await model.draw(run, uses, () => form), fed)).toBeLessThan(1e-5);
    }
    expect(relativeError(fed, expected[`${name} without`]!.data)).toBeGreaterThan(0.05);
    await model.close();
  },
  60_000,
);
