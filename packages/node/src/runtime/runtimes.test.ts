import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { linear } from '@danqing/engine/graph/ops/linear';
import { type Graph, input, weight } from '@danqing/engine/graph/value';
import type { RunMode, Runtime } from '@danqing/engine/runtime';
import { afterAll, describe, expect, it } from 'vitest';
import { runtimes } from './runtimes/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-runtimes-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** x · Wᵀ with W = [[1, 2], [3, 4]] as bf16 at an odd place in a file. */
function graphOnFile(): Graph {
  const file = join(folder, 'weights with spaces.bin');
  writeFileSync(file, Buffer.from([0xff, 0x80, 0x3f, 0x00, 0x40, 0x40, 0x40, 0x80, 0x40]));
  const x = input('x', [1, 2]);
  const w = weight({ name: 'w', dtype: 'BF16', shape: [2, 2], file, offset: 1, length: 8 });
  return { name: 'g', inputs: [x], outputs: { y: linear(x, w) } };
}

describe('runtimes', () => {
  it.each<RunMode>(['fast', 'quick', 'small'])('cpu reads weights where they lie: %s', async (mode) => {
    const session = await runtimes.cpu.open(graphOnFile(), { mode, threads: 1 });
    const { y } = await session.run({ x: { shape: [1, 2], data: Float32Array.of(10, 100) } });
    await session.release();
    expect(y).toEqual({ shape: [1, 2], data: Float32Array.of(210, 430) });
  });

  it('are named by their ids, and say so where they are not tested', () => {
    const all = Object.entries<Runtime>(runtimes);
    expect(all.map(([, { id }]) => id)).toEqual(all.map(([name]) => name));
    expect(runtimes.cpu).not.toHaveProperty('untested');
    expect(runtimes.webgpu.untested).toMatch(/^This project has not tried WebGPU/);
    expect(runtimes.cuda.untested).toMatch(/^This project has not tried CUDA/);
  });

  it('first 7: says why a runtime cannot be used and what would help', async () => {
    expect(await runtimes.cpu.findObstacle()).toBeUndefined();
    // What they say depends on the machine; where they do work there is nothing to say.
    for (const runtime of [runtimes.webgpu, runtimes.cuda]) {
      expect((await runtime.findObstacle())?.advice ?? 'driver').toMatch(/driver/);
    }
  });
});
