import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listModels } from './list-models.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'danqing-list-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string | Buffer, text = 'x'): void => {
  if (typeof path === 'string') mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(typeof path === 'string' ? join(root, path) : Buffer.concat([Buffer.from(`${root}/`), path]), text);
};

const folder = (path = '', deep = true) => ({ path: join(root, path), kinds: [], root, deep });
const namesIn = (...folders: ReturnType<typeof folder>[]) => listModels(folders).models.map(({ name }) => name);

describe('listModels', () => {
  it('lists files that may hold models, with what lies beside them, and no others', () => {
    for (const name of ['a.safetensors', 'b.CKPT', 'sub/二次元.pt', 'c.gguf', 'notes.txt', 'a.png', 'a.json'])
      put(name);
    for (const name of ['.hidden.pt', '.cache/d.pt', '.danqing-1.tmp', 'a.safetensors.part']) put(name);
    const { models, folders, notices } = listModels([folder()]);
    expect(models.map(({ name }) => name)).toEqual(['a.safetensors', 'b.CKPT', 'c.gguf', 'sub/二次元.pt']);
    expect(models[0]).toMatchObject({ sides: { notes: 'a.json', preview: 'a.png' }, sizeBytes: 1, folder: root, root });
    expect(models[0]!.stamp).toMatch(/^1 \d{19} \d+$/);
    expect(folders).toEqual([root, join(root, 'sub')]);
    expect(notices).toEqual([]);
  });

  it('leaves a folder that is one of its own to itself, and stays out of folders where it is told to', () => {
    for (const name of ['models/x.pt', 'models/Lora/a.pt', 'models/Lora/sub/b.pt']) put(name);
    expect(namesIn(folder('models'), folder('models/Lora'))).toEqual(['x.pt', 'a.pt', 'sub/b.pt']);
    expect(namesIn(folder('models', false))).toEqual(['x.pt']);
  });

  it('takes a diffusers folder for one model, and shards for the one of their list', () => {
    for (const name of ['sd/model_index.json', 'sd/unet/model.safetensors', 'sd/vae/model.bin', 'sd.png']) put(name);
    put('t5/model.safetensors.index.json');
    put('t5/model.json');
    for (const i of [1, 2]) put(`t5/model-0000${i}-of-00002.safetensors`);
    put('t5/other-00001-of-00001.safetensors');
    const { models } = listModels([folder()]);
    expect(models.map(({ name }) => name)).toEqual([
      'sd',
      't5/model.safetensors.index.json',
      't5/other-00001-of-00001.safetensors',
    ]);
    expect(models[0]).toMatchObject({ sizeBytes: 3, sides: { preview: 'sd.png' } });
    expect(models[1]!.sides).toEqual({ notes: 'model.json' });
    put('sd/vae/model.bin', 'longer');
    expect(listModels([folder()]).models[0]!.stamp).not.toBe(models[0]!.stamp);
  });

  it('follows links, once, and survives those that lead back or nowhere', () => {
    put('real/a.pt');
    put('lib/b.pt');
    symlinkSync('../real', join(root, 'lib/linked'));
    symlinkSync('../real', join(root, 'lib/twice'));
    symlinkSync('..', join(root, 'lib/up'));
    symlinkSync('self', join(root, 'lib/self'));
    symlinkSync('self.pt', join(root, 'lib/self.pt'));
    symlinkSync('gone', join(root, 'lib/gone.safetensors'));
    symlinkSync(join(root, 'real/a.pt'), join(root, 'lib/c.pt'));
    const { models, notices } = listModels([folder('lib')]);
    expect(models.map(({ name }) => name)).toEqual(['b.pt', 'c.pt', 'linked/a.pt']);
    expect(notices.map(({ type, path }) => [type, path.slice(root.length)])).toEqual([
      ['bad-link', '/lib/gone.safetensors'],
      ['bad-link', '/lib/self.pt'],
      ['bad-link', '/lib/up/lib'],
    ]);
  });

  it('gives notice of names that are not what they seem, and of what is no file', () => {
    put('model\u202Esnrotes.pt');
    put('line\nbreak.pt');
    put('..pt');
    put(Buffer.from([0xff, 0xfe, ...Buffer.from('.pt')]));
    mkdirSync(join(root, 'folder.pt'));
    execFileSync('mkfifo', [join(root, 'pipe.pt')]);
    const { models, notices } = listModels([folder()]);
    expect(models).toHaveLength(2);
    expect(notices.map(({ type }) => type).sort()).toEqual(['odd-name', 'odd-name', 'odd-name', 'unreadable']);
    expect(notices.map(({ says }) => says.en).join()).toContain('model\\u202esnrotes.pt');
  });

  it('gives notice of a folder that cannot be read, and goes on', () => {
    put('a/x.pt');
    put('b/y.pt');
    const gone = { path: join(root, 'x'.repeat(10_000)), kinds: [], root, deep: true };
    const { models, notices } = listModels([gone, folder('none'), folder('b/y.pt'), folder('a')]);
    expect(models.map(({ name }) => name)).toEqual(['x.pt']);
    expect(notices.map(({ type }) => type)).toEqual(['unreadable', 'bad-link', 'unreadable']);
  });

  it('gives notice of a folder without permission, and goes on', () => {
    for (const name of ['a/x.pt', 'closed/y.pt', 'z/z.pt']) put(name);
    chmodSync(root, 0o755);
    chmodSync(join(root, 'closed'), 0);
    // Nothing is closed to root.
    const isRoot = process.getuid!() === 0;
    if (isRoot) process.seteuid!('nobody');
    const { models, notices } = listModels([folder()]);
    if (isRoot) process.seteuid!(0);
    expect(models.map(({ name }) => name)).toEqual(['a/x.pt', 'z/z.pt']);
    expect(notices).toMatchObject([{ type: 'unreadable', path: join(root, 'closed') }]);
  });

  it('is stopped by no depth of folders', () => {
    let deep = 'deep';
    for (let i = 0; i < 70; i++) deep = join(deep, 'd');
    put(join(deep, 'a.pt'));
    put('z.pt');
    const { models, notices } = listModels([folder()]);
    expect(models.map(({ name }) => name)).toEqual(['z.pt']);
    expect(notices[0]!.says.en).toContain('nested too deeply');
  });

  it('walks a part of a folder with the names of the whole', () => {
    for (const name of ['a/b/x.pt', 'a/y.pt']) put(name);
    expect(listModels([folder()], join(root, 'a/b')).models.map(({ name }) => name)).toEqual(['a/b/x.pt']);
  });
});
