import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeAddNet } from '@danqing/engine/image/add-net';
import { writeInfotext } from '@danqing/engine/image/infotext';
import { readReceipt, printReceipt, type Receipt } from '@danqing/engine/image/receipt';
import { encodePicture } from '@danqing/node/image/encode-picture';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { starterCheckpoint, tinyVae } from '../folders.ts';
import { drawnFox } from './drawn-fox.test-picture.ts';
import { judgePicture, planVerification, type VerifyFiles } from './verify-picture.ts';

let folder: string;
let savedCache: string | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'danqing-verify-'));
  savedCache = process.env['DANQING_CACHE'];
  process.env['DANQING_CACHE'] = join(folder, 'cache');
});

afterAll(() => {
  if (savedCache === undefined) delete process.env['DANQING_CACHE'];
  else process.env['DANQING_CACHE'] = savedCache;
  rmSync(folder, { recursive: true });
});

type Drawn = ReturnType<typeof drawnFox>;

interface SaveAs {
  readonly format?: 'png' | 'jpeg' | 'webp';
  readonly quality?: number;
  readonly receipt?: boolean;
}

async function save(
  name: string,
  drawn: Drawn,
  { format = 'png', quality = 80, receipt = true }: SaveAs = {},
): Promise<string> {
  const { width, height, pixels, infotext } = drawn;
  const { bytes } = await encodePicture(
    { width, height, channels: 3, data: pixels },
    { format, quality, infotext, ...(receipt && { receipt: drawn.receipt }) },
  );
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function withReceipt(drawn: Drawn, change: (receipt: Receipt) => Receipt): Drawn {
  const changed = change(readReceipt(drawn.receipt) as Receipt);
  return { ...drawn, receipt: printReceipt(changed), infotext: writeInfotext(changed.parameters) };
}

const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

const lighter = (drawn: Drawn, by: number): Drawn =>
  withReceipt({ ...drawn, pixels: drawn.pixels.map((value) => value + by) }, (receipt) => ({
    ...receipt,
    pixelSha256: sha256(drawn.pixels.map((value) => value + by)),
  }));

const anyFile: VerifyFiles = { checkpoint: 'some.safetensors' };

describe('first 3: the verdict', () => {
  it.each(['png', 'jpeg', 'webp'] as const)('GEN-02: a %s that is drawn the same has the same bits', async (format) => {
    const plan = await planVerification(await save(`same.${format}`, drawnFox(), { format }), anyFile);
    expect(await judgePicture(plan, drawnFox())).toEqual({ verdict: { kind: 'same-bits' }, text: 'Same bits.' });
  });

  it('GEN-02: tells a small difference from a large one', async () => {
    const plan = await planVerification(await save('near.png', drawnFox()), anyFile);
    expect((await judgePicture(plan, lighter(drawnFox(), 1))).verdict).toMatchObject({ kind: 'looks-the-same' });
    expect((await judgePicture(plan, lighter(drawnFox(), 20))).verdict).toMatchObject({ kind: 'differs' });
  });

  it.each([
    ['jpeg', 60],
    ['jpeg', 95],
    ['webp', 75],
  ] as const)('allows for the compression of a %s of quality %i', async (format, quality) => {
    const path = await save(`q${quality}.${format}`, drawnFox(), { format, quality, receipt: false });
    const { verdict } = await judgePicture(await planVerification(path, anyFile), drawnFox());
    expect(['same-bits', 'looks-the-same']).toContain(verdict.kind);
    const other = await judgePicture(await planVerification(path, anyFile), lighter(drawnFox(), 20));
    expect(other.verdict.kind).toBe('differs');
  });

  it('names what is known to be different', async () => {
    const plan = await planVerification(await save('other.png', drawnFox()), anyFile);
    const now = withReceipt(lighter(drawnFox(), 20), (receipt) => ({
      ...receipt,
      checkpoint: { name: 'other.safetensors', sha256: 'b'.repeat(64) },
    }));
    expect((await judgePicture(plan, now)).text).toMatch(
      /^Differs \(PSNR \d+\.\d dB\), because of: checkpoint \(starter\.safetensors aaaaaaaaaa, now other\.safetensors bbbbbbbbbb\)\.$/,
    );
  });

  it('names the add-ons of another program’s picture that were left out', async () => {
    const path = await save('lora.png', drawnFox(0, { prompt: 'a fox <lora:x:1>', version: 'v1.10.1' }), {
      receipt: false,
    });
    const now = withReceipt(lighter(drawnFox(), 20), (receipt) => ({
      ...receipt,
      text: { ...receipt.text, ignoredTags: ['<lora:x:1>'] },
    }));
    expect((await judgePicture(await planVerification(path, anyFile), now)).text).toContain(
      'because of: add-ons (<lora:x:1>, now left out); ',
    );
  });
});

describe('first 3: the files', () => {
  const starterSha256 = 'fd1ca4b12b52b984bdf29ca104e611ee443c39d571f36a44e28f00a2a29b347d';
  const starterFox = (): Drawn =>
    withReceipt(drawnFox(), (receipt) => ({ ...receipt, checkpoint: { name: 'renamed', sha256: starterSha256 } }));

  it('finds the starter by its hash, whole or short', async () => {
    expect((await planVerification(await save('starter.png', starterFox()), {})).recipe).toMatchObject({
      checkpoint: starterCheckpoint,
      vae: 'none',
      // As its receipt says.
      mode: 'quick',
      runtime: 'cpu',
    });
    const short = drawnFox(0, { model: { name: 'x', hash: starterSha256.slice(0, 10) } });
    const path = await save('short.png', short, { receipt: false });
    expect((await planVerification(path, {})).recipe.checkpoint).toBe(starterCheckpoint);
  });

  it('finds a file of the recorded name beside the picture if its hash is right', async () => {
    copyFileSync(tinyVae, join(folder, 'starter.safetensors'));
    const path = await save('beside.png', drawnFox());
    await expect(planVerification(path, {})).rejects.toThrow(
      /checkpoint: expected starter\.safetensors \(SHA-256 a{64}\), found none in this folder or beside the picture\. Name its file with --model\./,
    );
    const tinySha256 = sha256(readFileSync(tinyVae));
    const right = withReceipt(drawnFox(), (receipt) => ({
      ...receipt,
      checkpoint: { name: 'starter.safetensors', sha256: tinySha256 },
      vae: { name: 'taesd.safetensors', sha256: tinySha256, why: 'asked for' },
    }));
    expect((await planVerification(await save('right.png', right), {})).recipe).toMatchObject({
      checkpoint: join(folder, 'starter.safetensors'),
      vae: tinyVae,
    });
  });

  it('finds the refiner in the same way', async () => {
    const refined = withReceipt(
      drawnFox(0, { refiner: { checkpoint: `starter [${starterSha256.slice(0, 10)}]`, switchAt: 0.7 } }),
      (receipt) => ({
        ...receipt,
        checkpoint: { name: 'renamed', sha256: starterSha256 },
        refiner: { name: 'renamed', sha256: starterSha256, switchAt: 0.7 },
      }),
    );
    const refiner = { checkpoint: starterCheckpoint, switchAt: 0.7 };
    expect((await planVerification(await save('refined.png', refined), {})).recipe).toMatchObject({ refiner });
    const bare = await save('refined-bare.png', refined, { receipt: false });
    expect((await planVerification(bare, { checkpoint: 'a' })).recipe).toMatchObject({ refiner });
    const lost = await save('lost.png', drawnFox(0, { refiner: { checkpoint: 'xl [abc]', switchAt: 0.8 } }), {
      receipt: false,
    });
    await expect(planVerification(lost, anyFile)).rejects.toThrow(
      'refiner: expected xl (SHA-256 abc), found none in this folder or beside the picture. Name its file with --refiner.',
    );
  });

  it('draws with the LoRAs that it finds, and names those that it does not', async () => {
    const lora = { hash: 'abc', denoiser: 0.8, textEncoder: 0.5 };
    const extra = writeAddNet([
      { ...lora, name: 'beside' },
      { ...lora, name: 'gone' },
    ]);
    writeFileSync(join(folder, 'beside.safetensors'), '');
    const path = await save('loras.png', drawnFox(0, { extra }), { receipt: false });
    const plan = await planVerification(path, anyFile);
    expect(plan.recipe.loras).toEqual([
      { name: join(folder, 'beside.safetensors'), weight: 0.8, textEncoderWeight: 0.5 },
    ]);
    expect((await judgePicture(plan, lighter(drawnFox(), 20))).text).toContain(
      'because of: add-ons (gone, now left out)',
    );
  });

  it('takes the files that are named', async () => {
    const files = { checkpoint: 'a.safetensors', vae: 'b.safetensors' };
    expect((await planVerification(await save('named.png', drawnFox()), files)).recipe).toMatchObject(files);
  });

  it('says that a picture tells nothing', async () => {
    const { width, height, pixels } = drawnFox();
    const { bytes } = await encodePicture({ width, height, channels: 3, data: pixels }, { format: 'png' });
    const path = join(folder, 'bare.png');
    writeFileSync(path, bytes);
    await expect(planVerification(path, {})).rejects.toThrow('expected the settings it was made with');
    writeFileSync(path, bytes.subarray(0, 20));
    await expect(planVerification(path, {})).rejects.toMatchObject({ code: 'bad-file' });
  });
});
