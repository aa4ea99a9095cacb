import { countFlops } from '@danqing/engine/graph/count-flops';
// The process that doctor.ts starts: whatever native code does on this machine, it does it here.
import type { Bindings } from '@danqing/engine/graph/dim';
import { add } from '@danqing/engine/graph/ops/add';
import { attention } from '@danqing/engine/graph/ops/attention';
import { conv2d } from '@danqing/engine/graph/ops/conv2d';
import { gelu } from '@danqing/engine/graph/ops/gelu';
import { groupNorm } from '@danqing/engine/graph/ops/group-norm';
import { linear } from '@danqing/engine/graph/ops/linear';
import { matmul } from '@danqing/engine/graph/ops/matmul';
import { reshape } from '@danqing/engine/graph/ops/reshape';
import { silu } from '@danqing/engine/graph/ops/silu';
import { transpose } from '@danqing/engine/graph/ops/transpose';
import { constant, type ConstantValue, type Graph, input } from '@danqing/engine/graph/value';
import type { Runtime, RuntimeObstacle } from '@danqing/engine/runtime';
import { linkToParent } from '@danqing/node/process/parent-link';
import { onnxRuntimeVersion } from '@danqing/node/runtime/onnx-model';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { runtimes } from '@danqing/node/runtime/runtimes/index';

export interface SelfTestRequest {
  readonly type: 'test';
}

/** How one runtime does on this machine. */
export interface RuntimeState {
  readonly id: string;
  readonly title: string;
  readonly obstacle?: RuntimeObstacle;
  readonly untested?: string;
}

/** What the self-test reports, one after another: what is known stays known when the next thing breaks the process. */
export type SelfTestEvent =
  | { readonly type: 'started'; readonly onnxRuntime: string }
  | { readonly type: 'runtime'; readonly state: RuntimeState }
  /** Operations per second of a plain matrix product, and of a block of the kind that pictures are drawn with. */
  | { readonly type: 'speed'; readonly peakFlops: number; readonly blockFlops: number }
  | { readonly type: 'done' };

/** Long enough to be past the first moments, short enough to wait for. */
const MEASURING_MS = 700;

const parent = linkToParent<SelfTestRequest, SelfTestEvent>();
parent.onRequest(() => void test());

async function test(): Promise<void> {
  await parent.send({ type: 'started', onnxRuntime: onnxRuntimeVersion() });
  for (const runtime of Object.values<Runtime>(runtimes)) {
    const { id, title, untested } = runtime;
    const obstacle = await runtime.findObstacle();
    const state = {
      id,
      title,
      ...(untested !== undefined && { untested }),
      ...(obstacle !== undefined && { obstacle }),
    };
    await parent.send({ type: 'runtime', state });
  }
  const peakFlops = await measure(product(2048));
  const blockFlops = await measure(block());
  await parent.send({ type: 'speed', peakFlops, blockFlops });
  await parent.send({ type: 'done' });
}

/** Best speed of a graph of fixed sizes, in floating-point operations per second. */
async function measure(graph: Graph): Promise<number> {
  const session = await openOnCpu(graph, 'fast');
  const feeds = Object.fromEntries(
    graph.inputs.map(({ name, shape }) => {
      const sizes = shape as readonly number[];
      return [name, { shape: sizes, data: Float32Array.from(noise(sizes)) }];
    }),
  );
  const fixed: Bindings = new Map();
  let best = Infinity;
  await session.run(feeds);
  for (const startMs = performance.now(); performance.now() - startMs < MEASURING_MS;) {
    const fromMs = performance.now();
    await session.run(feeds);
    best = Math.min(best, performance.now() - fromMs);
  }
  await session.release();
  return countFlops(graph, fixed) / (best / 1000);
}

function product(side: number): Graph {
  const a = input('a', [side, side]);
  return { name: 'matrix product', inputs: [a], outputs: { y: matmul(a, weights(side, side)) } };
}

/** A residual block, self-attention and a feed-forward layer, as SD 1.x has them at 320 channels, over 32×32 places. */
function block(): Graph {
  const [n, channels, side] = [2, 320, 32];
  const x = input('x', [n, channels, side, side]);
  const perChannel = weights(channels);
  const normal = silu(groupNorm(x, perChannel, perChannel, { groups: 32, epsilon: 1e-5 }));
  const kernel = weights(channels, channels, 3, 3);
  const h = add(x, conv2d(normal, kernel, perChannel, { stride: 1, padding: [1, 1, 1, 1] }));
  const tokens = transpose(reshape(h, [n, channels, side * side]), [0, 2, 1]);
  const [q, k, v] = [1, 2, 3].map(() => linear(tokens, weights(channels, channels))) as [never, never, never];
  const seen = add(tokens, linear(attention(q, k, v, { heads: 8 }), weights(channels, channels)));
  const y = linear(gelu(linear(seen, weights(4 * channels, channels))), weights(channels, 4 * channels));
  return { name: 'block', inputs: [x], outputs: { y } };
}

/** Numbers between −1/√n and 1/√n for n inputs, so that nothing grows. */
function weights(...shape: number[]): ConstantValue {
  const within = shape.slice(1).reduce((a, b) => a * b, 1);
  return constant(
    shape,
    noise(shape).map((value) => value / Math.sqrt(within)),
  );
}

const noise = (shape: readonly number[]): Float64Array =>
  new Float64Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => Math.sin(12.9898 * i));
