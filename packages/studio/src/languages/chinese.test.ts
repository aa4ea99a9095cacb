import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DanqingError } from '@danqing/engine/errors';
import { describeReceipt } from '@danqing/engine/image/describe-receipt';
import { optionValues } from '@danqing/engine/pipelines/options';
import { clampClipSkip } from '@danqing/engine/text/clip-skip';
import { describe, expect, it } from 'vitest';
import { readRecipe } from '../jobs/read-recipe.ts';
import { errorInChinese, inChinese } from './chinese.ts';
import { phrases as listed } from './phrases.ts';

const thrownBy = (work: () => unknown): DanqingError => {
  try {
    work();
  } catch (error) {
    if (error instanceof DanqingError) return error;
  }
  throw new Error('Nothing was thrown.');
};

describe('errors in Chinese', () => {
  it.each([
    [{ prompt: '', steps: 0 }, '步数：应为：1 到 1000 之间的整数；实际：0。'],
    [{ prompt: '', width: 65 }, '宽：应为：8 到 8192 之间 8 的倍数；实际：65。'],
    [{ prompt: '', seed: -2 }, '种子：应为：-1 到 9007199254740991 之间的整数；实际：-2。'],
  ])('of %j', (input, chinese) => {
    expect(errorInChinese(thrownBy(() => readRecipe(input)))).toBe(chinese);
  });

  it('put in what is filled in, in the order of Chinese', () => {
    const error = new DanqingError('bad-file', {
      where: 'a.safetensors',
      expected: '8 bytes at 100',
      found: 'a file of 50 bytes',
      advice: 'The file is cut short: get it again from its source.',
    });
    expect(errorInChinese(error)).toBe(
      'a.safetensors：应为：位置 100 处的 8 字节；实际：50 字节的文件。文件不完整，请从来源重新获取。',
    );
  });

  it('leave alone what is not listed', () => {
    expect(errorInChinese(new Error('something new'))).toBe('something new');
    expect(errorInChinese({ message: 'x', trouble: { where: 'a › b', expected: 'c', found: 'd' } })).toBe(
      'a › b：应为：c；实际：d。',
    );
  });
});

it('tells in Chinese of errors that stand in other texts', () => {
  const error = new DanqingError('bad-file', {
    where: '/a/kind',
    expected: 'a VAE',
    found: 'a web page',
    advice: 'Download it again.',
  });
  expect(inChinese(error.message)).toBe('/a/kind：应为：VAE；实际：网页。请重新下载。');
  expect(inChinese(`It seems broken: ${error.message}`)).toBe(
    '它似乎已损坏：/a/kind：应为：VAE；实际：网页。请重新下载。',
  );
  expect(inChinese('os.system (can start programs); 3 more')).toBe('os.system（能启动程序）；另有 3 处');
});

describe('notes in Chinese', () => {
  it('of prompts', () => {
    expect(clampClipSkip(99, 12).notes.map(({ message }) => inChinese(message))).toEqual([
      '文本编码器只有 12 层，CLIP skip 99 不可行，改用 12。',
    ]);
  });

  it('of what is told together', () => {
    expect(inChinese('Differs (PSNR 30.1 dB), because of: checkpoint (a 1, now b 2); mode (fast, now quick).')).toBe(
      '不相同（PSNR 30.1 dB），原因：大模型（原为 a 1，现为 b 2）；模式（原为 fast，现为 quick）。',
    );
  });
});

/** Put together from words that the sources have apart; the examples above and here say them. */
const COMPOSED = new Set([
  ...Object.keys(listed).filter((english) => /^\{\} \((?:can|is|reaches) /.test(english)),
  'Only models of one family and size can be merged; these are {*}.',
  'a lora',
  'a vae',
  '{} more bytes of {}',
  '{} of GGUF header',
  '{} of numpy header',
  'GGUF, ONNX, pickle, picture with an embedding, safetensors, torch legacy, torch tar, torch zip',
  'a hole: bytes {} to {}',
  'a web page (“{}”)',
  'an overlap: bytes {} to {}',
  'LoCon for {}',
  'LoRA for {}',
  'LyCORIS ({}) for {}',
  'embedding for {}',
  'hypernetwork for {}',
  'a number from {} on',
  'a number from {} to {}',
  'a whole number from {} on',
  'a whole number from {} to {}',
  'prompt and the negative prompt',
  '{} token in {} chunk',
  '{} tokens in {} chunk',
  '{} tokens in {} chunks',
]);

it('what is put together', () => {
  expect(
    ['eta_ddim', 'skip_early_cond', 'comma_padding_backtrack', 'uni_pc_order'].map(optionValues).map(inChinese),
  ).toEqual(['不小于 0 的数', '0 到 1 之间的数', '不小于 0 的整数', '1 到 50 之间的整数']);
  const text = (tokens: number, chunks: number): string => {
    const lines = describeReceipt({
      format: 1,
      text: { prompt: { tokens, chunks }, negativePrompt: { tokens, chunks }, clipSkip: 1, ignoredTags: [] },
    });
    return inChinese(lines.find(([label]) => label === 'Prompt')![1]);
  };
  expect([text(1, 1), text(3, 1), text(80, 2)]).toEqual(['1 个词元，1 段', '3 个词元，1 段', '80 个词元，2 段']);
});

it('leaves names alone that are words of ours', () => {
  expect(inChinese('No LoRA "nothing" was found in /a; "<lora:nothing>" has no effect.')).toBe(
    '在 /a 中没有找到 LoRA“nothing”，<lora:nothing> 不起作用。',
  );
});

it('says how an add-on fits', () => {
  const fit = 'x.safetensors (lora; kohya): 5 of 6 keys fit; left out 1, such as a; it changes the denoiser by 2 %';
  expect(inChinese(fit)).toBe('x.safetensors（lora；kohya）：6 个键中符合 5 个；略去 1 个，例如 a；改变了去噪网络 2 %');
});

it('says how embeddings and hypernetworks fit', () => {
  const unusable =
    '"x" is no more than its words here: its vectors are 768 wide, for Stable Diffusion 1.x; this checkpoint takes 128.';
  expect(inChinese(unusable)).toBe(
    '"x" 在这里只是普通文字：它的向量宽 768，用于 Stable Diffusion 1.x；这个大模型需要 128。',
  );
  const fit =
    'x.pt (hypernetwork; relu): 4 of 8 keys fit, for widths 128; nothing here is 64 wide; it changes what attention looks at by 2 %';
  expect(inChinese(fit)).toBe(
    'x.pt（超网络；relu）：8 个键中符合 4 个，用于宽度 128；这里没有宽 64 的部分；注意力的输入改变 2 %',
  );
  const addOns = [{ name: 'a.pt', kind: 'embedding', weight: 1, matchedKeys: 1, totalKeys: 1, vectors: 2 }];
  const [line] = ['prompt', 'negative prompt'].map((_, i, all) =>
    describeReceipt({ format: 1, addOns: [{ ...addOns[0]!, usedIn: all.slice(0, i + 2) }] }),
  );
  expect(inChinese(line![0]![1])).toBe('a.pt，向量数 2，用于提示词和反向提示词');
});

describe('the lists', () => {
  const root = fileURLToPath(new URL('../../../..', import.meta.url));
  const sources = [
    ...sourcesOf(join(root, 'packages')),
    ...sourcesOf(dirname(createRequire(import.meta.url).resolve('commander'))),
  ]
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');

  const phrases = Object.entries(listed);

  it.each(phrases.filter(([english]) => !COMPOSED.has(english)))('%s is said somewhere', (english) => {
    expect(piecesOf(english).filter((piece) => !piece.test(sources))).toEqual([]);
  });

  it.each(phrases)('%s loses nothing in Chinese', (english, chinese) => {
    const places = [...chinese.matchAll(/\{(\d*)\}/g)].map(([, place], i) => (place === '' ? i + 1 : Number(place)));
    const holes = english.split(/\{[*#]?\}/).length - 1;
    expect(new Set(places)).toEqual(new Set(Array.from({ length: holes }, (_, i) => i + 1)));
  });
});

/** The pieces between what is filled in, as they stand in a source; shorter ones prove nothing. */
const piecesOf = (english: string): RegExp[] =>
  english
    .split(/\{[*#]?\}/)
    .map((piece) => piece.replaceAll(/^[\s;,.]+|[\s;,.]+$/g, ''))
    .filter((piece) => piece.length > 2)
    .map((piece) => new RegExp(piece.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/['`]/g, String.raw`\\?$&`)));

function sourcesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(
      (file) =>
        file.isFile() && /(?<!\.test)\.[jt]s$/.test(file.name) && !/\/(?:languages|dist)$/.test(file.parentPath),
    )
    .filter((file) => !file.parentPath.includes('/node_modules/') || folder.includes('commander'))
    .map((file) => join(file.parentPath, file.name));
}
