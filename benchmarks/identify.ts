// Measures how long it takes to say what a file is: reading its header, and the identification. Headers of safetensors are made here and
// read from memory; other files are read from the page cache, as the library reads them.
// npx tsx benchmarks/identify.ts [FILES…]
import { identify } from '@danqing/engine/identify/identify';
import { memorySource } from '@danqing/engine/weights/memory-source';
import { openIndex } from '@danqing/engine/weights/open-index';
import type { ByteSource } from '@danqing/engine/weights/tensor-index';
import { SyncFile } from '@danqing/node/files/sync-file';
import { addOnShapes } from '../tests/examples/add-ons.ts';
import { checkpointShapes, emaOf } from '../tests/examples/checkpoints.ts';
import type { Shapes } from '../tests/examples/example.ts';
import { unetShapes } from '../tests/examples/networks.ts';
import { median } from './measuring.ts';

const REPEATS = 300;

/** A safetensors file of which only the header is there; tensors in the order of their names, as its library writes them. */
function headerOf(fileName: string, shapes: Shapes): ByteSource {
  let at = 0;
  const entries = Object.entries(shapes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, shape]) => {
      const start = at;
      at += 2 * shape.reduce((a, b) => a * b, 1);
      return [name, { dtype: 'F16', shape, data_offsets: [start, at] }];
    });
  const header = Buffer.from(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }));
  const bytes = Buffer.alloc(8 + header.length);
  bytes.writeBigUInt64LE(BigInt(header.length));
  header.copy(bytes, 8);
  return { ...memorySource(fileName, bytes), size: bytes.length + at };
}

const files: readonly (readonly [name: string, limitMs: number, shapes: Shapes])[] = [
  ['LoRA of SD 1.x, UNet', 0.4, addOnShapes('sd1', 'kohya', 'lora', { targets: ['denoiser'] })],
  ['LoRA of SD 1.x, UNet and text encoder', 0.4, addOnShapes('sd1', 'kohya', 'lora')],
  ['LoRA of SDXL with both text encoders', NaN, addOnShapes('sdxl', 'kohya', 'lora')],
  ['LoHa of SD 1.x', NaN, addOnShapes('sd1', 'kohya', 'loha')],
  ['checkpoint of SD 1.x', 2, checkpointShapes('sd1')],
  ['checkpoint of SD 1.x with EMA', 2, { ...checkpointShapes('sd1'), ...emaOf(unetShapes('sd1')) }],
  ['checkpoint of SDXL', 2, checkpointShapes('sdxl')],
];

for (const [name, limitMs, shapes] of files) {
  const limit = Number.isNaN(limitMs) ? '' : `, at most ${limitMs} ms wanted`;
  await measure(name, headerOf('model.safetensors', shapes), limit);
}
for (const path of process.argv.slice(2)) {
  const file = new SyncFile(path);
  await measure(path, file, '');
  file.close();
}

async function measure(name: string, source: ByteSource, limit: string): Promise<void> {
  const facts = { fileName: 'model.safetensors', sizeBytes: source.size };
  let count = 0;
  const [reading, saying]: [number[], number[]] = [[], []];
  for (let i = 0; i < REPEATS; i++) {
    const start = performance.now();
    const index = await openIndex(source, { placed: false, foreign: 'ignore' });
    const read = performance.now();
    identify(index, facts);
    const said = performance.now();
    reading.push(read - start);
    saying.push(said - read);
    count = index.tensors.size;
  }
  console.log(
    `${name}, ${count} tensors: identified in ${median(saying).toFixed(2)} ms${limit}; header read in ${median(reading).toFixed(2)} ms`,
  );
}
