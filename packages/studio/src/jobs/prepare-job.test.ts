import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from '@danqing/engine/runtime';
import { promptDefaults } from '@danqing/engine/text/prompt-options';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { starterCheckpoint } from '../folders.ts';
import { FileHashes } from '../library/file-hashes.ts';
import { openCheckpoint } from './checkpoint-files.ts';
import { OpenModels } from './open-models.ts';
import { prepareJob } from './prepare-job.ts';
import { readRecipe } from './read-recipe.ts';
import { SessionCache } from './session-cache.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-prepare-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** Models over sessions that only say which networks were opened. */
function setUp() {
  const opened: string[] = [];
  const session: Session = { run: () => Promise.resolve({}), release: () => Promise.resolve() };
  const sessions = new SessionCache(
    {
      async open({ name }, { mode }) {
        opened.push(`${name} ${mode}`);
        return Promise.resolve(session);
      },
      identify: (file) => file,
    },
    { mode: 'fast', budgetBytes: 10, sizeOf: () => 1 },
  );
  const models = new OpenModels(sessions);
  const hashes = new FileHashes(folder);
  return {
    opened,
    prepare: async (input: object) =>
      prepareJob(readRecipe({ prompt: 'fox', ...input }), {
        async openAhead(files) {
          await models.modelOf(files, 'small').open(promptDefaults);
        },
        hashes,
      }),
    models,
  };
}

it('opens what comes next while another draws, in its own mode, and the job then finds it open', async () => {
  const { opened, prepare, models } = setUp();
  await prepare({});
  expect(opened.map((name) => name.replace(/^.* /, ''))).toEqual(['small', 'small', 'small']);
  expect(new Set(opened).size).toBe(3);
  const model = models.modelOf(await openCheckpoint(starterCheckpoint, 'none'), 'small');
  await model.open(promptDefaults);
  expect(opened).toHaveLength(3);
});

it('opens nothing for adapted networks, and leaves what is wrong to the job itself', async () => {
  const { opened, prepare } = setUp();
  await prepare({ prompt: '<lora:a:1> fox' });
  await prepare({ loras: [{ name: 'a' }] });
  await prepare({ checkpoint: '/no/such/file' });
  await prepare({ sampler: 'none such' });
  expect(opened).toEqual([]);
});
