import type { TestEvent, TestRequest } from './child-process.test-child.ts';
// A parent to be killed: starts the test child, lets it run inside ONNX Runtime and prints its process id.
import { startChild } from './child-process.ts';

const child = startChild<TestRequest, TestEvent>(new URL('./child-process.test-child.ts', import.meta.url));
child.onMessage((event) => {
  if (event.type === 'running') process.stdout.write(`${child.pid}\n`);
});
await child.send({ do: 'run', elements: 50_000_000 });
