import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { danqing } from '../danqing.test-program.ts';

// `danqing inspect`, `scan` and `catalogue`, as a person uses them who has a folder of mixed files.

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'danqing-cli-files-'));
  put('mixed/cat.safetensors', 'lora/catundchat_pytorch_lora_weights.safetensors');
  put('mixed/word.png', 'ti/gasai-yuno-200.png');
  put('mixed/tiny.safetensors', 'checkpoint/starter-emoji-128.safetensors');
  put('mixed/EasyNegative.pt', 'ti/gasai-yuno-1000.pt');
  put('mixed/bad.safetensors', 'safetensors/bad_hole.safetensors');
  put('home/embeddings/EasyNegative.pt', 'ti/gasai-yuno-1000.pt');
  writeFileSync(join(place, 'mixed/evil.ckpt'), 'cos\nsystem\n(S"echo \u001b[2J"\ntR.', 'latin1');
});
afterAll(() => rmSync(place, { recursive: true }));

function put(path: string, from: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  copyFileSync(sharedData(from), join(place, path));
}

const run = (...words: string[]) =>
  danqing(words, { cwd: place, env: { DANQING_HOME: join(place, 'home'), DANQING_CACHE: join(place, 'cache') } });

describe('danqing inspect', () => {
  it('LIB-09: prints a card for each file', async () => {
    const { stdout, code } = await run('inspect', 'mixed/tiny.safetensors', 'mixed/cat.safetensors', 'mixed/word.png');
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "tiny.safetensors “mini emoji 3d”
        Stable Diffusion 1.x, checkpoint

        base        Stable Diffusion 1.x (128 x 128)
        good for    drawing, and training LoRAs on
        belongs in  models/Stable-diffusion
        size        71.6 MB, less than usual for its kind (1.00 GB to 7.90 GB)
        precision   half precision (16 bits): half the size of full, and all that drawing needs
        weights     one set of weights (no EMA beside it)
        predicts    the noise (eps): as models of this family do; nothing in the file says otherwise
        VAE         inside
        inside      denoiser: 49.5 MB, 626 tensors, F16
                    text encoder CLIP-L: 14.3 MB, 69 tensors, F16, I64
                    VAE: 7.77 MB, 184 tensors, F16
                    noise table: 4.00 KB, 1 tensor, F32
        because     a UNet with numbered blocks
                    its transformers are entered by convolutions (in SD 2.x and SDXL by linear layers)
                    no embedding of sizes (SDXL has one)
                    nothing that mixes frames of a video
        safety      safetensors: cannot hold code

      cat.safetensors
        LoRA for Stable Diffusion 1.x

        base        Stable Diffusion 1.x
        good for    adds a character, a style or a thing; in a prompt: <lora:cat:1>
        belongs in  models/Lora
        size        3.23 MB, usual for its kind (1.00 MB to 900 MB)
        precision   full precision (32 bits)
        changes     denoiser: 128 layers
        rank        4
        written as  diffusers, attention processors
        because     keys as of diffusers, attention processors, for 128 modules
                    its cross-attention takes in text of width 768
        safety      safetensors: cannot hold code

      word.png
        embedding for Stable Diffusion 1.x, 8 vectors

        base        Stable Diffusion 1.x
        good for    a word with a learned meaning; in a prompt: word
        belongs in  embeddings
        size        583 KB, more than usual for its kind (3.00 KB to 500 KB)
        precision   full precision (32 bits)
        because     vectors for a word (string_to_param)
                    hardly anything else
        safety      picture with an embedding: cannot hold code
      "
    `);
  });

  it('speaks Chinese', async () => {
    const { stdout } = await run('inspect', 'mixed/cat.safetensors', '--lang', 'zh');
    expect(stdout).toMatchInlineSnapshot(`
      "cat.safetensors
        LoRA，用于 Stable Diffusion 1.x

        底模      Stable Diffusion 1.x
        用途      加入人物、画风或物品；提示词写 <lora:cat:1>
        应放在    models/Lora
        大小      3.23 MB，同类文件一般为 1.00 MB 至 900 MB
        精度      全精度（32 位）
        修改      去噪网络：128 层
        秩        4
        键名写法  diffusers 注意力处理器
        依据      键名写法为 diffusers 注意力处理器，共 128 个模块
                  交叉注意力的文本输入宽 768
        安全性    safetensors，无法携带代码
      "
    `);
  });

  it('prints JSON with everything, and says by its exit code that a file is broken', async () => {
    const { stdout, code } = await run('inspect', 'mixed/bad.safetensors', 'mixed/EasyNegative.pt', '--hash', '--json');
    expect(code).toBe(2);
    const [bad, word] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(bad).toMatchObject({ notices: [{ type: 'bad-file' }] });
    expect(word).toMatchObject({
      identification: { kind: 'embedding', families: [{ id: 'sd1', nativeSize: 512 }] },
      safety: { container: 'pickle' },
      known: { by: 'name', entry: { id: 'easynegative' } },
      hashes: { autoV2: expect.stringMatching(/^[\da-f]{10}$/) as string },
    });
    const missing = await run('inspect', 'nothing.safetensors');
    expect([missing.code, missing.stderr]).toEqual([
      2,
      expect.stringContaining('expected a file, found none') as string,
    ]);
  });
});

describe('danqing inspect of several files', () => {
  it('goes on after one that cannot be opened', async () => {
    writeFileSync(join(place, 'empty.pt'), '');
    const ran = await run('inspect', 'empty.pt', 'mixed/none.pt', 'mixed/cat.safetensors');
    expect([ran.code, ran.stdout]).toEqual([2, expect.stringContaining('LoRA for Stable Diffusion 1.x')]);
    expect(ran.stderr.match(/^Error: .*(?:found an empty file|found none)\./gm)).toHaveLength(2);
    const { stdout } = await run('inspect', 'empty.pt', 'mixed/cat.safetensors', '--json');
    expect(JSON.parse(stdout)).toMatchObject([{ error: { code: 'bad-file' } }, { identification: { kind: 'lora' } }]);
  });
});

describe('danqing scan', () => {
  it('FMT-02: names what other programs would run, with an exit code for scripts', async () => {
    const { stdout, code } = await run('scan', 'mixed');
    expect(code).toBe(4);
    expect(stdout.replaceAll(place, '')).toMatchInlineSnapshot(`
      "dangerous  /mixed/evil.ckpt
          os.system can start programs (byte 0)
      Files: 5. Safe: 4, unknown: 0, dangerous: 1.
      "
    `);
    const json = await run('scan', 'mixed', '--json');
    expect(JSON.parse(json.stdout)).toMatchObject({ grade: 'dangerous', files: { length: 5 } });
    const safe = await run('scan', 'mixed/cat.safetensors', '--all', '--lang', 'zh');
    expect([safe.code, safe.stdout.split('\n')[0]]).toEqual([0, expect.stringMatching(/^安全 {2}\//) as string]);
  });
});

describe('danqing catalogue', () => {
  it('LIB-21: lists by words of both languages, by kind and by category', async () => {
    const { stdout } = await run('catalogue', '汉服');
    expect(stdout).toMatch(/hanfu ming[\s\S]*hanfu song[\s\S]*Found: 2\./);
    const anime = await run('catalogue', '--kind', 'checkpoint', '--category', '二次元', '--json');
    const found = JSON.parse(anime.stdout) as { kind: string; category: string }[];
    expect(found).toHaveLength(13);
    expect(found.every(({ kind, category }) => kind === 'checkpoint' && category === 'anime')).toBe(true);
    expect((await run('catalogue', 'no such thing')).stdout).toContain('Nothing in the catalogue fits.');
  });

  it('LIB-17, LIB-23: tells all of one, and what goes with it, and whether it is installed', async () => {
    await run('library', 'scan');
    const { stdout } = await run('catalogue', 'easynegative');
    expect(stdout.replaceAll(place, '')).toMatchInlineSnapshot(`
      "EasyNegative
        embedding

        what for       Negative embedding: one word against bad hands, limbs and colours
        advice         Put it in the negative prompt. Trained for Counterfeit, works with most anime models. The trigger is printed as EASYNegative and as easynegative.
        also called    EASYNegative, EasyNegative_pt
        base           sd1
        trigger words  easynegative
        goes with      Counterfeit, anime tarot card art style, A-Mecha Musume A素体机娘
        hash           C74B4E810B
        installed      /home/embeddings/EasyNegative.pt
      "
    `);
  });
});
