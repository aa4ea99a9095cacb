// Adds a thing as one file beside its like: `npm run new -- sampler my-sampler`.
import { fileURLToPath } from 'node:url';
import { newThing } from './new-thing.ts';

const [kind, name] = process.argv.slice(2);
try {
  const { files, next } = await newThing(fileURLToPath(new URL('..', import.meta.url)), kind, name);
  console.log(['Wrote', ...files.map((file) => `  ${file}`), 'Next', ...next.map((step) => `  ${step}`)].join('\n'));
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
