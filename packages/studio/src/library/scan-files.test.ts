import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { scanFiles, type ScannedFile, worstOf } from './scan-files.ts';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'danqing-scan-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const put = (name: string, content: string | Buffer): void => {
  mkdirSync(join(folder, name, '..'), { recursive: true });
  writeFileSync(join(folder, name), content, 'latin1');
};

async function scan(...paths: string[]): Promise<ScannedFile[]> {
  const files: ScannedFile[] = [];
  for await (const file of scanFiles(paths.length > 0 ? paths : [folder])) files.push(file);
  return files;
}
const grades = (files: readonly ScannedFile[]) =>
  Object.fromEntries(files.map(({ path, grade }) => [relative(folder, path), grade]));

const SYSTEM = 'cos\nsystem\n(S"echo"\ntR.';
const ODD = 'csome.module\nThing\n.';

describe('scanFiles', () => {
  it('FMT-02: grades files in folders at any depth, and names what was found', async () => {
    put('a/b/evil.ckpt', SYSTEM);
    put('a/odd.pkl', ODD);
    put('notes.txt', SYSTEM);
    mkdirSync(join(folder, 'c'));
    copyFileSync(sharedData('ti/gasai-yuno-200.pt'), join(folder, 'c', 'word.pt'));
    const files = await scan();
    expect(grades(files)).toEqual({ 'a/b/evil.ckpt': 'dangerous', 'a/odd.pkl': 'unknown', 'c/word.pt': 'safe' });
    expect(files[0]!.report!.findings).toMatchObject([{ module: 'os', name: 'system', grade: 'dangerous' }]);
    expect([worstOf(files), worstOf([]), worstOf([files[2]!])]).toEqual(['dangerous', 'safe', 'safe']);
  });

  it('looks into a file that is named, whatever its ending', async () => {
    put('evil.txt', SYSTEM);
    expect(grades(await scan(join(folder, 'evil.txt')))).toEqual({ 'evil.txt': 'dangerous' });
  });

  it('is not fooled by an ending', async () => {
    put('evil.safetensors', SYSTEM);
    put('good.ckpt', readFileSync(sharedData('taesd/taesd.safetensors')));
    expect(grades(await scan())).toEqual({ 'evil.safetensors': 'dangerous', 'good.ckpt': 'safe' });
  });

  it('looks into files that begin like pickles, whatever their ending', async () => {
    put('weights.xyz', '\x80\x02cos\nsystem\nU\x04echo\x85R.');
    put('config', readFileSync(sharedData('lora/cloneofsimo_lora_disney.pt')));
    put('poem.txt', 'clouds\nrain\n');
    put('picture.png', readFileSync(sharedData('images/parsers_NovelAI_novelai1_cropped.png')));
    expect(grades(await scan())).toEqual({ config: 'safe', 'weights.xyz': 'dangerous' });
  });

  it('ends where links lead back, and takes a folder that two links lead to once', async () => {
    put('models/evil.pt', SYSTEM);
    symlinkSync(folder, join(folder, 'models', 'again'));
    symlinkSync(join(folder, 'models'), join(folder, 'other'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'broken.pt'));
    expect(grades(await scan())).toEqual({ 'models/evil.pt': 'dangerous' });
  });

  it('goes on after what cannot be read, which is not safe', async () => {
    put('empty.pt', '');
    put('closed/x.pt', ODD);
    chmodSync(join(folder, 'closed'), 0o000);
    const files = await scan();
    chmodSync(join(folder, 'closed'), 0o755);
    // Who may do everything may also look into closed folders.
    expect(files.map(({ grade }) => grade)).not.toContain('dangerous');
    expect(files.find(({ path }) => path.includes('closed'))!.grade).toBe('unknown');
  });

  it('throws for a path that is given and is not there', async () => {
    await expect(scan(join(folder, 'nothing.ckpt'))).rejects.toThrow('found none');
  });
});
