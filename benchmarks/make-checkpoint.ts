// Writes a checkpoint of full size with seeded random weights in fp16, SD 1.5 (2.1 GB), SD 2 (2.6 GB) or SDXL (6.9 GB): the ruler of the
// measurements here.
//   npx tsx benchmarks/make-checkpoint.ts FILE [sd1|sd2|sdxl] [SEED]
import { closeSync, openSync, writeSync } from 'node:fs';
import { encodeFloat32 } from '@danqing/engine/tensor/encode';
import { checkpointShapes } from '../tests/examples/checkpoints.ts';

/** Length of the one row of random numbers that all tensors are cut from; a prime, so that no row of a matrix repeats. */
const POOL_LENGTH = 65_537;

const [path, family = 'sd1', seed = '42'] = process.argv.slice(2);
if (path === undefined || (family !== 'sd1' && family !== 'sd2' && family !== 'sdxl')) {
  throw new Error('usage: make-checkpoint.ts FILE [sd1|sd2|sdxl] [SEED]');
}
// Without the noise table and other numbers that stand beside the networks.
const tensors = Object.entries(checkpointShapes(family)).flatMap(([key, shape]) =>
  key.includes('.') && !key.endsWith('logit_scale') ? [{ key, shape }] : [],
);
const file = openSync(path, 'w');
let offset = 0;
const header = Buffer.from(
  JSON.stringify(
    Object.fromEntries(
      tensors.map(({ key, shape }) => {
        const start = offset;
        offset += bytesOf(key, shape);
        return [key, { dtype: isIds(key) ? 'I64' : 'F16', shape, data_offsets: [start, offset] }];
      }),
    ),
  ),
);
const padded = Buffer.concat([header, Buffer.alloc((8 - (header.length % 8)) % 8, ' ')]);
const length = Buffer.alloc(8);
length.writeBigUInt64LE(BigInt(padded.length));
writeSync(file, length);
writeSync(file, padded);
const normals = seededNormals(POOL_LENGTH, Number(seed));
for (const [i, tensor] of tensors.entries()) writeSync(file, values(tensor, i));
closeSync(file);
console.log(`${path}: ${tensors.length} tensors, ${(offset / 1e9).toFixed(2)} GB`);

function isIds(key: string): boolean {
  return key.endsWith('position_ids');
}

function bytesOf(key: string, shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, isIds(key) ? 8 : 2);
}

/** Normal numbers of a size that keeps activations alive through the network: 1/√fan-in for matrices, near 1 for scales of norms, small for biases. */
function values({ key, shape }: (typeof tensors)[number], place: number): Uint8Array {
  if (isIds(key)) return new Uint8Array(BigInt64Array.from(Array.from({ length: 77 }, (_, i) => BigInt(i))).buffer);
  const isScale = shape.length === 1 && key.endsWith('.weight');
  const fanIn = shape.slice(1).reduce((a, b) => a * b, 1);
  const deviation = shape.length === 1 ? 0.05 : key.includes('embedding') ? 0.5 : 1 / Math.sqrt(fanIn);
  const { bytes: pool } = encodeFloat32(
    normals.map((x) => x * deviation + (isScale ? 1 : 0)),
    'F16',
  );
  const bytes = new Uint8Array(bytesOf(key, shape));
  let from = ((place * 7919) % POOL_LENGTH) * 2;
  for (let at = 0; at < bytes.length;) {
    const part = pool.subarray(from, from + bytes.length - at);
    bytes.set(part, at);
    at += part.length;
    from = 0;
  }
  return bytes;
}

/** Standard normal numbers: mulberry32 and Box–Muller. */
function seededNormals(count: number, start: number): Float32Array {
  let state = start;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Float32Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
  );
}
