// Holds the walls between the rooms (docs/map.md): who may import whom, and words that must stay in one place.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceFiles } from './source-files.ts';

/** A room and the rooms of ours that its product code may import. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'packages/engine': [],
  'packages/node': ['packages/engine'],
  'packages/contract': [],
  'packages/studio': ['packages/engine', 'packages/node', 'packages/contract'],
  'packages/server': ['packages/studio', 'packages/contract'],
  'apps/web': ['packages/contract'],
  'apps/cli': ['packages/contract', 'packages/studio'],
};

/** Single files of another room that a room may import beside those. */
const doors: Readonly<Record<string, readonly string[]>> = {
  // The browser tells what a dropped file is, and marks prompts, without the server; both are loaded lazily.
  'apps/web': ['packages/engine/src/identify/identify.ts', 'packages/engine/src/text/prompt/'],
};

/** Something that may be written only in some places: paths that start so, or nowhere. */
interface Leak {
  readonly what: string;
  readonly pattern: RegExp;
  readonly within: readonly string[];
  readonly allowed: readonly string[];
}

const leaks: readonly Leak[] = [
  {
    what: 'ONNX Runtime',
    pattern: /from 'onnxruntime-|import\('onnxruntime-/,
    within: ['packages/', 'apps/'],
    allowed: ['packages/node/'],
  },
  {
    what: 'protobuf',
    pattern: /from '(?:@bufbuild\/protobuf|onnx-buf)/,
    within: ['packages/', 'apps/'],
    allowed: ['packages/engine/src/graph/onnx.ts'],
  },
  {
    what: 'SQL database',
    pattern: /from '(?:@photostructure\/sqlite|node:sqlite)/,
    within: ['packages/', 'apps/'],
    allowed: ['packages/studio/'],
  },
  {
    what: 'HTTP framework',
    pattern: /from '(?:hono|@hono\/)/,
    within: ['packages/', 'apps/'],
    allowed: ['packages/server/'],
  },
  { what: 'image codec', pattern: /from 'sharp'/, within: ['packages/', 'apps/'], allowed: ['packages/node/'] },
  {
    what: 'checkpoint key string',
    pattern: /['"`](?:model\.diffusion_model|cond_stage_model|conditioner\.embedders|first_stage_model)\b/,
    within: ['packages/', 'apps/'],
    allowed: ['packages/engine/src/families/', 'packages/engine/src/weights/keys/'],
  },
  {
    what: 'randomness or clock of the machine',
    pattern: /\bMath\.random\b|\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b/,
    within: ['packages/engine/'],
    allowed: [],
  },
];

/** Every place under `root` where a wall is broken, one sentence each. */
export function brokenWalls(root: string, files: readonly string[] = sourceFiles(root)): string[] {
  return files.filter(isProductCode).flatMap((file) => {
    const source = readFileSync(join(root, file), 'utf8');
    return [...brokenImports(file, source), ...leakedWords(file, source)];
  });
}

function isProductCode(file: string): boolean {
  return /^(?:packages|apps)\/.*\.tsx?$/.test(file) && !/\.test\.tsx?$/.test(file);
}

function brokenImports(file: string, source: string): string[] {
  const room = roomOf(file);
  if (room === undefined)
    return [`${file}: expected a room that docs/map.md knows, found a new one. Add it to scripts/walls.ts.`];
  return importedPaths(source).flatMap((specifier) => {
    const target = resolveOwn(file, specifier);
    if (target === undefined) return [];
    const other = roomOf(target);
    if (other === room || (other !== undefined && rooms[room]!.includes(other))) return [];
    if (doors[room]?.some((door) => target.startsWith(door)) === true) return [];
    const allowed = rooms[room]!.length === 0 ? 'no other room of ours' : rooms[room]!.join(', ');
    return [`${file}: ${room} may import ${allowed}; found '${specifier}'.`];
  });
}

function leakedWords(file: string, source: string): string[] {
  return leaks
    .filter(
      (leak) =>
        leak.within.some((path) => file.startsWith(path)) && !leak.allowed.some((path) => file.startsWith(path)),
    )
    .flatMap((leak) => {
      const line = source.split('\n').findIndex((text) => leak.pattern.test(text) && !/^\s*(?:\/\/|\/?\*)/.test(text));
      if (line < 0) return [];
      const place = leak.allowed.length === 0 ? 'be passed in' : `stay in ${leak.allowed.join(' or ')}`;
      return [`${file}:${line + 1}: ${leak.what} must ${place}.`];
    });
}

/** Every module path that a source imports or exports from, statically or not. */
export function importedPaths(source: string): string[] {
  const pattern =
    /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]|(?:^|[\s;])import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g;
  return [...source.matchAll(pattern)].map((match) => (match[1] ?? match[2] ?? match[3])!);
}

/** Path from the root of what `specifier` names when it is ours, else undefined. */
function resolveOwn(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return posix.join(posix.dirname(file), specifier);
  const own = /^@danqing\/([\w-]+)(?:\/(.+))?$/.exec(specifier);
  if (own === null) return undefined;
  const room = Object.keys(rooms).find((path) => posix.basename(path) === own[1]) ?? `packages/${own[1]}`;
  return `${room}/src/${own[2] ?? 'index'}.ts`;
}

function roomOf(file: string): string | undefined {
  return Object.keys(rooms).find((room) => file.startsWith(`${room}/`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const broken = brokenWalls(fileURLToPath(new URL('..', import.meta.url)));
  for (const line of broken) console.error(line);
  if (broken.length > 0) process.exitCode = 1;
}
