import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { vaeTensors } from '@danqing/engine/identify/vae-tensors';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import { openModel } from '@danqing/node/files/open-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { convertFile } from '../files/convert-file.ts';
import { inspectFile } from './inspect-file.ts';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'danqing-inspect-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A shared file under another name, alone in a folder or with others. */
function put(from: string, name: string, place = 'one'): string {
  mkdirSync(join(folder, place), { recursive: true });
  copyFileSync(sharedData(from), join(folder, place, name));
  return join(folder, place, name);
}

describe('inspectFile', () => {
  it('LIB-09: tells what a file is and where it belongs', async () => {
    const said = await inspectFile(sharedData('lora/cloneofsimo_analog_svd_rank4.safetensors'));
    expect(said.identification).toMatchObject({ kind: 'lora', folder: 'models/Lora', families: [{ id: 'sd1' }] });
    expect(said.sizeBytes).toBe(3_117_793);
    const checkpoint = await inspectFile(sharedData('checkpoint/starter-emoji-128.safetensors'));
    expect(checkpoint.title).toBe('mini emoji 3d');
    expect(checkpoint.identification).toMatchObject({ kind: 'checkpoint', bakedVae: true });
  });

  it('FMT-02: warns that a pickle can hold code, and that a safe container cannot', async () => {
    const pickle = await inspectFile(put('ti/gasai-yuno-200.pt', 'word.pt', 'pickle'));
    expect(pickle.safety).toEqual({
      container: 'pickle',
      says: {
        en: 'pickle: can hold Python code, which this program never runs, but others do. Convert it: danqing convert.',
        zh: 'pickle 格式，可能携带 Python 代码；本程序绝不运行，其他程序会运行。可用 danqing convert 转换。',
      },
    });
    const named = join(folder, 'pickle', 'evil.ckpt');
    writeFileSync(named, 'cos\nsystem\n(S"echo"\ntR.', 'latin1');
    expect((await inspectFile(named)).safety.says.en).toMatch(/^pickle that names code.*do not load it there\.$/);
    const picture = await inspectFile(sharedData('ti/gasai-yuno-200.png'));
    expect(picture.safety.container).toBe('safe');
    expect((await inspectFile(sharedData('taesd/taesd.safetensors'))).safety.says.en).toBe(
      'safetensors: cannot hold code',
    );
  });

  it('FMT-03: prefers the safetensors of the same model beside it, and sees when it is another one', async () => {
    put('lora/catundchat_pytorch_lora_weights.safetensors', 'cat.safetensors', 'same');
    const same = await inspectFile(put('lora/catundchat_pytorch_lora_weights.bin', 'cat.bin', 'same'));
    expect(basename(same.safety.saferCopy!)).toBe('cat.safetensors');
    expect(same.safety.says.en).toMatch(/Prefer cat\.safetensors beside it\.$/);
    put('lora/cloneofsimo_lora_disney.safetensors', 'disney.safetensors', 'other');
    const other = await inspectFile(put('lora/cloneofsimo_lora_disney.pt', 'disney.pt', 'other'));
    expect(other.safety.saferCopy).toBeUndefined();
    expect(other.safety.says.en).toMatch(/has its name, but is another model\.$/);
  });

  it('LIB-16: computes hashes only when asked, as Civitai and the WebUI print them', async () => {
    const file = sharedData('taesd/taesd.safetensors');
    expect((await inspectFile(file)).hashes).toBeUndefined();
    const { hashes } = await inspectFile(file, { hashed: true });
    expect(hashes!.sha256).toMatch(/^[\da-f]{64}$/);
    expect(hashes!.autoV2).toBe(hashes!.sha256!.slice(0, 10));
    expect(hashes!.autoV3).toMatch(/^[\da-f]{12}$/);
    expect(hashes!.old).toMatch(/^[\da-f]{8}$/);
  });

  it('LIB-14: finds the VAE file that is the very one inside a checkpoint', async () => {
    const checkpoint = put('checkpoint/starter-emoji-128.safetensors', 'model.safetensors', 'vae');
    const model = await openModel(checkpoint);
    const write = async (name: string, change: (bytes: Uint8Array) => void): Promise<string> => {
      const parts = [];
      for (const { name: key, entry } of vaeTensors(model.index)) {
        const bytes = await readTensorBytes(model.index, entry, model.files);
        change(bytes);
        parts.push({ key, entry, bytes });
      }
      let at = 0;
      const header = Object.fromEntries(
        parts.map(({ key, entry: { dtype, shape, length } }) => [
          key,
          { dtype, shape, data_offsets: [at, (at += length)] },
        ]),
      );
      const text = Buffer.from(JSON.stringify(header));
      const size = Buffer.alloc(8);
      size.writeBigUInt64LE(BigInt(text.length));
      const path = join(folder, 'vae', name);
      writeFileSync(path, Buffer.concat([size, text, ...parts.map(({ bytes }) => bytes)]));
      return path;
    };
    await write('a-other.vae.safetensors', (bytes) => void (bytes[0]! ^= 1));
    const same = await write('b-same.vae.safetensors', () => undefined);
    await model.close();
    expect((await inspectFile(same)).identification).toMatchObject({ kind: 'vae', verdict: 'known' });
    expect((await inspectFile(checkpoint, { hashed: true })).sameVae).toBe(same);
    rmSync(same);
    expect((await inspectFile(checkpoint, { hashed: true })).sameVae).toBeUndefined();
  });

  it('VAE-03, CK-03: tells which VAE a checkpoint is drawn with, or which one it lacks', async () => {
    const whole = put('checkpoint/starter-emoji-128.safetensors', 'model.safetensors', 'own-vae');
    const own = await inspectFile(whole);
    expect([own.vaeFile, own.vaeAdvice]).toEqual([undefined, undefined]);
    const installed = put('taesd/taesd.safetensors', 'model.vae.safetensors', 'own-vae');
    expect((await inspectFile(whole)).vaeFile).toBe(installed);
    const bare = join(folder, 'own-vae', 'bare.safetensors');
    await convertFile({ file: whole, output: bare, parts: { vae: 'delete' } });
    expect((await inspectFile(bare)).vaeAdvice).toMatchObject({
      trouble: 'missing',
      get: 'vae-ft-mse-840000-ema-pruned',
    });
  });

  it('LIB-17: gathers what notes beside the file, its maker and the catalogue say', async () => {
    const file = put('ti/gasai-yuno-200.pt', 'EasyNegative.pt', 'notes');
    const known = await inspectFile(file);
    expect(known.known).toMatchObject({ entry: { id: 'easynegative' }, by: 'name' });
    expect(known.triggerWords).toEqual(['easynegative']);
    const notes = { 'activation text': 'my words', 'preferred weight': 0.7, 'negative text': 'not this' };
    writeFileSync(join(folder, 'notes', 'EasyNegative.json'), JSON.stringify(notes));
    const noted = await inspectFile(file);
    expect(noted.triggerWords).toEqual(['my words']);
    expect(noted.recommended).toEqual({ weight: 0.7, negativeText: 'not this' });
  });

  it('names ONNX models by their names and by what lies beside them', async () => {
    mkdirSync(join(folder, 'onnx'));
    const onnx = Buffer.from('\u0008\u0007\u0012\u0007pytorch\u001a\u00051.0.0', 'latin1');
    writeFileSync(join(folder, 'onnx', 'model.onnx'), onnx);
    writeFileSync(join(folder, 'onnx', 'dw-ll_ucoco_384.onnx'), onnx);
    const path = join(folder, 'onnx', 'model.onnx');
    expect((await inspectFile(path)).identification).toMatchObject({ kind: 'unknown', format: 'ONNX' });
    writeFileSync(join(folder, 'onnx', 'selected_tags.csv'), '');
    const tagger = await inspectFile(path);
    expect(tagger.identification).toMatchObject({ kind: 'tagger', recognisedBy: 'wd-tagger', folder: 'models/tagger' });
    expect(tagger.notices).toEqual([]);
    rmSync(join(folder, 'onnx', 'selected_tags.csv'));
    const pose = await inspectFile(join(folder, 'onnx', 'dw-ll_ucoco_384.onnx'));
    expect(pose.identification).toMatchObject({ kind: 'annotator' });
  });

  it('says that a file has the ending of another container', async () => {
    const noticesOf = async (from: string, name: string): Promise<string[]> =>
      (await inspectFile(put(from, name, 'endings'))).notices.map(({ type, says }) => `${type}: ${says.en}`);
    expect(await noticesOf('taesd/taesd.safetensors', 'tiny.ckpt')).toEqual([
      'odd-name: By its contents it is a safetensors file; other programs may refuse it under this name. Rename it tiny.safetensors.',
    ]);
    expect(await noticesOf('ti/gasai-yuno-200.pt', 'word.safetensors')).toEqual([
      expect.stringContaining('Rename it word.pt.'),
    ]);
    expect(await noticesOf('ti/gasai-yuno-200.pt', 'word.bin')).toEqual([]);
  });

  it('says why a file is no model, and throws only where there is none', async () => {
    const bad = await inspectFile(sharedData('safetensors/bad_hole.safetensors'));
    expect(bad.identification).toBeUndefined();
    expect(bad.notices[0]!.says.en).toContain('found a hole');
    const text = join(folder, 'readme.txt');
    writeFileSync(text, 'hello');
    expect((await inspectFile(text)).notices).toHaveLength(1);
    await expect(inspectFile(join(folder, 'nothing'))).rejects.toThrow('expected a file');
  });
});
