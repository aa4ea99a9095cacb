import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findFolders, makeOwnFolders } from './find-folders.ts';
import { ownFolderOf } from './folder-rules.ts';

let place: string;
let home: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'danqing-folders-'));
  home = join(place, 'home');
});
afterEach(() => rmSync(place, { recursive: true }));

const make = (...paths: string[]): void => {
  for (const path of paths) mkdirSync(join(place, path), { recursive: true });
};

const put = (path: string, text: string): string => {
  make(dirname(path));
  writeFileSync(join(place, path), text);
  return join(place, path);
};

/** What is found below other roots than home: kinds by path from `place`. */
async function kindsBelow(...roots: string[]): Promise<Record<string, string>> {
  const { folders } = await findFolders(
    home,
    roots.map((path) => ({ path: join(place, path) })),
  );
  const others = folders.filter(({ path }) => !path.startsWith(home));
  return Object.fromEntries(others.map(({ path, kinds }) => [path.slice(place.length + 1), kinds[0] ?? 'any']));
}

describe("this program's own root", () => {
  it('LIB-02: has a fixed folder for every kind', async () => {
    await makeOwnFolders(home);
    const { folders } = await findFolders(home, []);
    const kindOf = (path: string) => folders.find((folder) => folder.path === join(home, path))?.kinds[0];
    expect(kindOf('models/Stable-diffusion')).toBe('checkpoint');
    expect(kindOf('models/VAE')).toBe('vae');
    expect(kindOf('embeddings')).toBe('embedding');
    expect(kindOf('models/hypernetworks')).toBe('hypernetwork');
    expect(kindOf('models/Lora')).toBe('lora');
    expect(kindOf('models/ControlNet')).toBe('controlnet');
    expect(kindOf('extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings')).toBe(
      'aesthetic-gradient',
    );
    expect(ownFolderOf('lycoris')).toBe('models/Lora');
    expect(ownFolderOf('training-state')).toBeUndefined();
  });

  it('LIB-03: takes folders in the case they have', async () => {
    make('home/Models/stable-Diffusion', 'home/models/lora');
    await makeOwnFolders(home);
    const { folders } = await findFolders(home, []);
    const paths = folders.map(({ path, kinds }) => [path.slice(home.length + 1), kinds[0]]);
    expect(paths).toContainEqual(['Models/stable-Diffusion', 'checkpoint']);
    expect(paths).toContainEqual(['models/lora', 'lora']);
    expect(readdirSync(join(home, 'models'))).not.toContain('Lora');
  });

  it('LIB-04: makes the folders that are missing', async () => {
    make('home/models/VAE');
    await makeOwnFolders(home);
    expect(readdirSync(join(home, 'models'))).toEqual(expect.arrayContaining(['VAE', 'hypernetworks', 'Lora']));
    await makeOwnFolders(home);
  });

  it('says so when it cannot be made', async () => {
    put('home', 'a file');
    await expect(makeOwnFolders(home)).rejects.toMatchObject({ code: 'io' });
    expect((await findFolders(home, [])).notices).toMatchObject([{ type: 'bad-setting', path: home }]);
  });
});

describe('roots of other programs', () => {
  it('finds the folders of A1111, in any case, and makes none', async () => {
    make(
      'webui/models/Stable-diffusion',
      'webui/models/lora',
      'webui/models/LyCORIS',
      'webui/models/adetailer',
      'webui/embeddings',
      'webui/Extensions/sd-webui-controlnet/models',
      'webui/Extensions/aesthetic/aesthetic_embeddings',
      'webui/Extensions/other/models',
    );
    expect(await kindsBelow('webui')).toEqual({
      'webui/models/Stable-diffusion': 'checkpoint',
      'webui/models/lora': 'lora',
      'webui/models/LyCORIS': 'lycoris',
      'webui/models/adetailer': 'any',
      'webui/models': 'any',
      'webui/embeddings': 'embedding',
      'webui/Extensions/sd-webui-controlnet/models': 'controlnet',
      'webui/Extensions/aesthetic/aesthetic_embeddings': 'aesthetic-gradient',
    });
    expect(readdirSync(join(place, 'webui/models')).sort()).toEqual([
      'LyCORIS',
      'Stable-diffusion',
      'adetailer',
      'lora',
    ]);
  });

  it('finds the folders of ComfyUI, by the program or by its models', async () => {
    make('comfy/models/checkpoints', 'comfy/models/loras', 'comfy/models/unet', 'comfy/models/vae_approx');
    const kinds = {
      'comfy/models/checkpoints': 'checkpoint',
      'comfy/models/loras': 'lora',
      'comfy/models/unet': 'denoiser',
      'comfy/models/vae_approx': 'taesd',
      'comfy/models': 'any',
    };
    expect(await kindsBelow('comfy')).toEqual(kinds);
    expect(await kindsBelow('comfy/models')).toEqual(kinds);
    expect(await kindsBelow('comfy/models/loras')).toEqual({ 'comfy/models/loras': 'lora' });
  });

  it('takes a plain folder for models of any kind, or of the kind it is told', async () => {
    make('collection/sub');
    expect(await kindsBelow('collection')).toEqual({ collection: 'any' });
    const { folders } = await findFolders(home, [{ path: join(place, 'collection'), kind: 'lora' }]);
    expect(folders.at(-1)).toMatchObject({ kinds: ['lora'], deep: true });
  });

  it('says that a drive is away, and what cannot be followed', async () => {
    make('home');
    put('list.yaml', 'just words');
    const roots = ['drive', 'list.yaml', 'a\0b', 'x'.repeat(10_000)].map((path) => ({ path: join(place, path) }));
    const { away, notices } = await findFolders(home, roots);
    expect(away).toEqual([join(place, 'drive')]);
    expect(notices.map(({ type }) => type)).toEqual(['unreadable', 'bad-setting', 'bad-setting', 'bad-setting']);
  });
});

describe("ComfyUI's extra_model_paths.yaml", () => {
  it('names folders by kind, in several sections and lines', async () => {
    make('home', 'webui/models/Lora', 'elsewhere');
    const list = `
a1111:
    base_path: webui/
    checkpoints: models/Stable-diffusion
    configs: models/Stable-diffusion
    loras: |
         models/Lora
         models/LyCORIS/
    custom_nodes: nodes
empty:
mine:
    is_default: true
    vae: ${join(place, 'elsewhere')}
    photomaker: pm
    embeddings: [a, b]
`;
    put('extra.yaml', list);
    const { folders, notices } = await findFolders(home, [{ path: join(place, 'extra.yaml') }]);
    const found = folders.filter(({ root }) => root === join(place, 'extra.yaml'));
    expect(found.map(({ path, kinds }) => [path.slice(place.length + 1), kinds[0]])).toEqual([
      ['elsewhere', 'vae'],
      ['pm', undefined],
      ['webui/models/Stable-diffusion', 'checkpoint'],
      ['webui/models/Lora', 'lora'],
      ['webui/models/LyCORIS', 'lora'],
    ]);
    expect(notices).toMatchObject([
      { type: 'bad-setting', says: { en: expect.stringContaining('mine › embeddings') as string } },
    ]);
  });

  it('is read where ComfyUI has it, and joins kinds of a folder that is named twice', async () => {
    make('comfy/models/checkpoints', 'shared');
    put('comfy/extra_model_paths.yaml', 'a:\n  base_path: ../shared\n  loras: .\n  vae: .\n');
    const { folders } = await findFolders(home, [{ path: join(place, 'comfy') }]);
    expect(folders.find(({ path }) => path === join(place, 'shared'))).toMatchObject({
      kinds: ['lora', 'lycoris', 'vae'],
      root: join(place, 'comfy'),
    });
  });

  it.each([
    ['a bomb of aliases', 'a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]'],
    ['broken text', 'a: {'],
    ['a tag that runs code', 'a: !!python/object/apply:os.system ["x"]'],
    ['a prototype', '__proto__:\n  loras: .\nconstructor: x'],
    ['nothing', ''],
  ])('survives %s', async (_, text) => {
    put('extra.yaml', text);
    const { folders } = await findFolders(home, [{ path: join(place, 'extra.yaml') }]);
    expect(folders.every(({ path }) => path.startsWith(place))).toBe(true);
    expect(({} as Record<string, unknown>)['loras']).toBeUndefined();
  });
});
