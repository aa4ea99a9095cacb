import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { brokenWalls, importedPaths } from './walls.ts';

describe('the walls between rooms', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'walls-'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function check(file: string, source: string): string[] {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), source);
    return brokenWalls(root, [file]);
  }

  it('stand in the whole repository', () => {
    expect(brokenWalls(fileURLToPath(new URL('..', import.meta.url)))).toEqual([]);
  });

  it.each([
    ['packages/engine/src/a.ts', "import { open } from '@danqing/node/files.ts';"],
    ['packages/engine/src/a.ts', "import { open } from '../../node/src/files.ts';"],
    ['packages/engine/src/a.ts', "export * from '@danqing/contract';"],
    ['packages/node/src/a.ts', "const studio = await import('@danqing/studio');"],
    ['packages/contract/src/a.ts', "import type { Op } from '@danqing/engine/graph/op';"],
    ['packages/server/src/a.ts', "import { sampler } from '@danqing/engine/sampling/samplers/index';"],
    ['apps/cli/src/commands/a.ts', "import { openFile } from '@danqing/node/files';"],
    ['apps/web/src/a.ts', "import { karras } from '@danqing/engine/sampling/schedules/karras';"],
    ['packages/somewhere/src/a.ts', 'export const a = 1;'],
  ])('refuse in %s: %s', (file, source) => {
    expect(check(file, source)).toHaveLength(1);
  });

  it.each([
    ['packages/engine/src/b/a.ts', "import { c } from '../c.ts';"],
    ['packages/node/src/a.ts', "import type { Graph } from '@danqing/engine/graph/graph';"],
    ['packages/studio/src/a.ts', "import { run } from '@danqing/node/run';\nimport { z } from 'zod';"],
    ['apps/web/src/a.ts', "const prompt = await import('@danqing/engine/text/prompt/parse');"],
    ['packages/engine/src/a.test.ts', "import { run } from '@danqing/node/run';"],
  ])('allow in %s: %s', (file, source) => {
    expect(check(file, source)).toEqual([]);
  });

  it.each([
    ['packages/engine/src/sampling/a.ts', 'const x = Math.random();'],
    ['packages/engine/src/image/a.ts', 'const now = new Date();'],
    ['packages/studio/src/a.ts', "import { InferenceSession } from 'onnxruntime-node';"],
    ['packages/engine/src/graph/ops/add.ts', "import { toBinary } from '@bufbuild/protobuf';"],
    ['packages/engine/src/parts/unet.ts', "const prefix = 'model.diffusion_model.input_blocks';"],
  ])('keep words in their place: %s: %s', (file, source) => {
    expect(check(file, source)).toHaveLength(1);
  });

  it('let a comment name what code may not', () => {
    expect(check('packages/engine/src/a.ts', '// Never Math.random: a seed decides.\nexport const a = 1;')).toEqual([]);
  });

  it('see every form of import', () => {
    const source = [
      "import a from 'a';",
      "import {\n  b,\n  type B,\n} from 'b';",
      "import 'c';",
      "export { d } from 'd';",
      "const e = await import('e');",
      "import type { F } from 'f';",
    ].join('\n');
    expect(importedPaths(source)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
  });
});
