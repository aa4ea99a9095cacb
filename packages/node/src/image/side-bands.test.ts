import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTensorBytes } from '@danqing/engine/weights/read-tensor';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { openModel } from '../files/open-model.ts';
import { decodePicture } from './decode-picture.ts';

const folder = mkdtempSync(join(tmpdir(), 'danqing-side-bands-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function vectorsIn(path: string): Promise<Uint8Array> {
  const { index, files, close } = await openModel(path, { decodePicture });
  const bytes = await readTensorBytes(index, index.tensors.get('string_to_param.*')!, files);
  await close();
  return bytes;
}

describe('EM-01: an embedding in the bands beside a picture', () => {
  it.each(['png', 'webp'] as const)('is found in %s when its text is gone', async (format) => {
    const original = sharedData('ti/gasai-yuno-200.png');
    const picture = sharp(readFileSync(original));
    const saved = format === 'png' ? picture.png({ compressionLevel: 1 }) : picture.webp({ lossless: true, effort: 0 });
    const path = join(folder, `again.${format}`);
    writeFileSync(path, await saved.toBuffer());
    expect(await vectorsIn(path)).toEqual(await vectorsIn(original));
  });

  it('is none where the picture has no bands, or was compressed with losses', async () => {
    const plain = join(folder, 'plain.png');
    writeFileSync(
      plain,
      await sharp({ create: { width: 64, height: 64, channels: 3, background: '#963' } })
        .png()
        .toBuffer(),
    );
    await expect(vectorsIn(plain)).rejects.toThrow('a picture without one');
    const lossy = join(folder, 'lossy.webp');
    writeFileSync(
      lossy,
      await sharp(readFileSync(sharedData('ti/gasai-yuno-200.png')))
        .webp({ quality: 50 })
        .toBuffer(),
    );
    await expect(vectorsIn(lossy)).rejects.toThrow('a picture without one');
  });
});
