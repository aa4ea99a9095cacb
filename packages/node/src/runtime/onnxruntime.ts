import { DanqingError } from '@danqing/engine/errors';
import type { OnnxDialect } from '@danqing/engine/graph/onnx-emitter';
import { add } from '@danqing/engine/graph/ops/add';
import { type Graph, input } from '@danqing/engine/graph/value';
import type { Feed, RunMode, Session } from '@danqing/engine/runtime';
import * as ort from 'onnxruntime-node';
import { MODES, modelOf, type OnnxRuntimeOptions, openModel, type Provider } from './onnx-model.ts';
import { isWorthPreparing, openPrepared } from './open-prepared.ts';
import { PreparedModels } from './prepared-models.ts';
import { weightPlaces } from './weight-place.ts';

/**
 * Opens a graph on ONNX Runtime with its weights left in their files.
 * @throws no-memory when there is not enough; unsupported when weights lie on several drives.
 */
export async function openOnnxRuntime(graph: Graph, options: OnnxRuntimeOptions): Promise<Session> {
  const { preparedFolder } = options;
  const isToPrepare = options.mode === 'fast' && options.provider === 'cpu' && isWorthPreparing(graph);
  const session = await explained(graph, async () =>
    isToPrepare && preparedFolder !== undefined
      ? openPrepared(graph, options, new PreparedModels(preparedFolder))
      : openModel(await modelOf(graph, options.dialect), weightPlaces(graph).folder, options, MODES[options.mode]),
  );
  return asSession(graph, session);
}

/** A session of ONNX Runtime as the engine knows it. */
export function asSession(graph: Graph, session: ort.InferenceSession): Session {
  return {
    async run(feeds, into = {}) {
      const tensors = Object.fromEntries(Object.entries(feeds).map(([name, feed]) => [name, toOrt(feed)]));
      const places = Object.fromEntries(
        session.outputNames.map((name) => [name, into[name] === undefined ? null : toOrt(into[name])]),
      );
      const results = await explained(graph, async () => session.run(tensors, places));
      return Object.fromEntries(
        Object.entries(results).map(([name, { dims, data }]) => [name, { shape: dims, data: data as Float32Array }]),
      );
    },
    release: () => session.release(),
  };
}

/** Opens a graph on ONNX Runtime's CPU provider; for tests and tools that need nothing else. */
export const openOnCpu = async (
  graph: Graph,
  mode: RunMode,
  threads?: number,
  dialect: OnnxDialect = 'onnxruntime',
): Promise<Session> =>
  openOnnxRuntime(graph, { provider: 'cpu', mode, dialect, ...(threads === undefined ? {} : { threads }) });

/** Why a provider does not work here, in ONNX Runtime's words as far as they are for people; undefined when it ran a small graph rightly. */
export async function tryProvider(provider: Provider): Promise<string | undefined> {
  const x = input('x', [4]);
  try {
    const session = await openOnnxRuntime(
      { name: 'self-test', inputs: [x], outputs: { y: add(x, x) } },
      { provider, mode: 'quick' },
    );
    const { y } = await session.run({ x: { shape: [4], data: Float32Array.of(1, 2, 3, 4) } });
    await session.release();
    return y?.data.join() === '2,4,6,8' ? undefined : `it added wrongly: ${y?.data.join()}`;
  } catch (error) {
    return (error as Error).message.replace(PLACE_IN_SOURCE, '').trim().replace(/\.$/, '');
  }
}

/** Where in its own source a library gave up, and on which condition. */
const PLACE_IN_SOURCE = /\/onnxruntime_src\/.*? was false\. /s;

/** Does it, and tells want of memory in our words. */
async function explained<T>(graph: Graph, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { message } = error as Error;
    if (!/bad_alloc|failed to allocate|out of memory/i.test(message)) throw error;
    throw new DanqingError('no-memory', {
      where: graph.name,
      expected: 'enough free memory',
      found: message,
      advice: 'Close other programs, choose a smaller size or a mode that needs less memory.',
    });
  }
}

const toOrt = ({ data, shape }: Feed): ort.Tensor =>
  data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('int64', data, shape);
