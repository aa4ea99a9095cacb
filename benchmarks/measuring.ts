// What all benchmarks share: the machine's own speed beside every figure, and memory as the kernel counts it.
import { Worker } from 'node:worker_threads';
import { matmul } from '@danqing/engine/graph/ops/matmul';
import { constant, input } from '@danqing/engine/graph/value';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';

/** Side of the square matrices whose product is the yardstick. */
const SIDE = 2048;

/** Floating-point operations per second of a 2048³ float32 matrix multiplication with a constant right side. */
export async function openYardstick(): Promise<{ measure(): Promise<number> }> {
  const a = input('a', [SIDE, SIDE]);
  const b = constant(
    [SIDE, SIDE],
    Float64Array.from({ length: SIDE * SIDE }, (_, i) => Math.sin(i)),
  );
  const session = await openOnCpu({ name: 'yardstick', inputs: [a], outputs: { y: matmul(a, b) } }, 'fast');
  const feeds = { a: { shape: [SIDE, SIDE], data: Float32Array.from({ length: SIDE * SIDE }, (_, i) => Math.cos(i)) } };
  await session.run(feeds);
  return {
    async measure() {
      const seconds: number[] = [];
      for (let i = 0; i < 7; i++) {
        const from = performance.now();
        await session.run(feeds);
        seconds.push((performance.now() - from) / 1000);
      }
      return (2 * SIDE ** 3) / median(seconds);
    },
  };
}

export const median = (values: readonly number[]): number =>
  [...values].sort((x, y) => x - y)[Math.floor(values.length / 2)]!;

/** Watches the anonymous and the mapped memory of this process, also while native code holds the thread. */
export function watchMemory(): { peakBytes(): { anonymous: number; mapped: number }; reset(): void } {
  const peaks = new Float64Array(new SharedArrayBuffer(16));
  const source = `
    const { workerData: peaks } = require('node:worker_threads');
    const { readFileSync } = require('node:fs');
    const read = (text, key) => 1024 * Number(new RegExp(key + ':\\\\s+(\\\\d+)').exec(text)[1]);
    setInterval(() => {
      const text = readFileSync('/proc/self/status', 'utf8');
      peaks[0] = Math.max(peaks[0], read(text, 'RssAnon'));
      peaks[1] = Math.max(peaks[1], read(text, 'RssFile'));
    }, 10);`;
  new Worker(source, { eval: true, workerData: peaks, execArgv: [] }).unref();
  return {
    peakBytes: () => ({ anonymous: peaks[0]!, mapped: peaks[1]! }),
    reset: () => peaks.fill(0),
  };
}
