import { add } from '@danqing/engine/graph/ops/add';
import { input, type Value } from '@danqing/engine/graph/value';
// The child that child-process.test.ts starts: does what each message says.
import { openOnCpu } from '../runtime/onnxruntime.ts';
import { linkToParent } from './parent-link.ts';

export type TestRequest =
  | { readonly do: 'echo'; readonly data: Float32Array; readonly text: string }
  | { readonly do: 'exit'; readonly code: number }
  | { readonly do: 'throw' }
  | { readonly do: 'abort' }
  | { readonly do: 'run'; readonly elements: number };

export type TestEvent =
  | { readonly type: 'echo'; readonly data: Float32Array; readonly text: string; readonly mallocThreshold: string }
  | { readonly type: 'running' }
  | { readonly type: 'ran' };

const parent = linkToParent<TestRequest, TestEvent>();
parent.onRequest((request) => {
  switch (request.do) {
    case 'echo': {
      const mallocThreshold = process.env['MALLOC_MMAP_THRESHOLD_'] ?? '';
      void parent.send({ type: 'echo', data: request.data, text: request.text, mallocThreshold });
      return;
    }
    case 'exit':
      process.exit(request.code);
      return;
    case 'throw':
      throw new Error('the child is unhappy');
    case 'abort':
      process.abort();
      return;
    case 'run':
      void runForLong(request.elements);
  }
});

/** One call into ONNX Runtime that takes about a millisecond for every 1000 × 1000 elements, a thousand times. */
async function runForLong(elements: number): Promise<void> {
  const x = input('x', [elements]);
  let y: Value = x;
  for (let i = 0; i < 1000; i++) y = add(y, x);
  const session = await openOnCpu({ name: 'long', inputs: [x], outputs: { y } }, 'quick');
  await parent.send({ type: 'running' });
  await session.run({ x: { shape: [elements], data: new Float32Array(elements).fill(1) } });
  await parent.send({ type: 'ran' });
}
