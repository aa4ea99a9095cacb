// Puts the program together from its sources into a few JavaScript files, so that a start does not read and translate hundreds: it
// takes a third of the time. Made anew whenever a source has changed.
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Beside `packages/studio/src`, so that what the sources find by `../assets` is found from here too. */
const outdir = join(root, 'packages/studio/dist');
const manifest = join(outdir, 'sources.json');

/** Libraries that are only JavaScript and quicker to load as a part of the bundle. */
const INLINE = /^(?:@danqing\/|@bufbuild\/|onnx-buf\b|zod\b)/;

/**
 * The module to start the program with: that of a bundle that is up to date.
 * @returns {Promise<string>} its URL. @throws when it cannot be made, as in a folder that is read-only.
 */
export async function bundledProgram() {
  if (!isFresh()) await build();
  return pathToFileURL(join(outdir, 'main.js')).href;
}

/** Whether every source is as it was when the bundle was made. */
function isFresh() {
  try {
    const sources = JSON.parse(readFileSync(manifest, 'utf8'));
    return Object.entries(sources).every(([path, stamp]) => stampOf(join(root, path)) === stamp);
  } catch {
    return false;
  }
}

const stampOf = (path) => {
  const { size, mtimeMs } = statSync(path);
  return `${size} ${mtimeMs}`;
};

async function build() {
  const esbuild = await import('esbuild');
  const { outputFiles, metafile } = await esbuild.build({
    entryPoints: Object.fromEntries(
      [join(root, 'apps/cli/src/main.ts'), ...startedModules()].map((path) => [basename(path, '.ts'), path]),
    ),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    outdir,
    write: false,
    metafile: true,
    absWorkingDir: root,
    logLevel: 'silent',
    plugins: [
      {
        name: 'libraries stay where they are',
        setup({ onResolve }) {
          onResolve({ filter: /^[^./]/ }, ({ path, kind }) =>
            kind === 'entry-point' || INLINE.test(path) ? undefined : { external: true },
          );
        },
      },
    ],
  });
  await mkdir(outdir, { recursive: true });
  sweep(new Set([manifest, ...outputFiles.map(({ path }) => path)]));
  // The parts before what names them, and each whole: another start may be reading.
  for (const { path, contents } of outputFiles.toSorted((a, b) => rank(a.path) - rank(b.path))) put(path, contents);
  const sources = [...Object.keys(metafile.inputs), 'apps/cli/bin/bundle.js'];
  put(manifest, JSON.stringify(Object.fromEntries(sources.map((path) => [path, stampOf(join(root, path))]))));
}

/** Parts of older bundles go when nothing that still runs can want them. */
function sweep(current) {
  const hourAgoMs = Date.now() - 3_600_000;
  for (const name of readdirSync(outdir)) {
    const path = join(outdir, name);
    if (!current.has(path) && statSync(path).mtimeMs < hourAgoMs) rmSync(path);
  }
}

const rank = (path) => (/-[0-9A-Z]{8}\.js$/.test(path) ? 0 : 1);

function put(path, contents) {
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, contents);
  renameSync(temporary, path);
}

/** Modules that are started in a process or a thread of their own: `new URL('./name.ts', import.meta.url)`. */
function startedModules() {
  return ['packages/node/src', 'packages/studio/src']
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
    )
    .filter((path) => path.endsWith('.ts') && !path.includes('.test'))
    .flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/new URL\('\.\/([\w-]+\.ts)', import\.meta\.url\)/g)].map(([, name]) =>
        join(dirname(path), name),
      ),
    );
}
