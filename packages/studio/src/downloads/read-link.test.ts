import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { readLink } from './read-link.ts';
import { endpointsFrom } from './sites.ts';

const endpoints = endpointsFrom({});
const read = (text: string): string => readLink(text, endpoints).canonical;

describe('links to Civitai', () => {
  it.each([
    ['https://civitai.com/models/4384/dreamshaper', 'civitai model 4384'],
    ['https://civitai.com/models/133005/', 'civitai model 133005'],
    ['https://civitai.com/models/9409', 'civitai model 9409'],
    ['https://civitai.com/models/22607?modelVersionId=27334', 'civitai version 27334'],
    ['https://civitai.com/models/12597/moxin?modelVersionId=14856&dialog=x#top', 'civitai version 14856'],
    ['https://civitai.com/model/68/samdoesarts-ultmerge', 'civitai model 68'],
    ['http://www.civitai.com/models/4384', 'civitai model 4384'],
    [' <civitai.com/models/4384> ', 'civitai model 4384'],
    ['https://civitai.com/model-versions/27334', 'civitai version 27334'],
    ['https://civitai.com/api/v1/model-versions/27334', 'civitai version 27334'],
    ['https://civitai.com/api/v1/models/4384', 'civitai model 4384'],
    ['https://civitai.red/models/4384', 'civitai model 4384'],
  ])('DL-02: a page is understood: %s', (text, canonical) => {
    expect(read(text)).toBe(canonical);
  });

  it.each([
    ['https://civitai.com/api/download/models/29460', 'civitai version 29460'],
    [
      'civitai.com/api/download/models/128713?type=Model&format=SafeTensor&size=pruned&fp=fp16',
      'civitai version 128713 type=Model format=SafeTensor size=pruned fp=fp16',
    ],
  ])('DL-03: an API link is understood: %s', (text, canonical) => {
    expect(read(text)).toBe(canonical);
  });

  it('DL-03: a token in a link is taken out of it', () => {
    const link = readLink('https://civitai.com/api/download/models/29460?token=secret-token', endpoints);
    expect(link.canonical).toBe('civitai version 29460');
    expect(link.token).toEqual({ origin: 'https://civitai.com', value: 'secret-token' });
  });

  it.each(['https://civitai.com/user/someone', 'https://civitai.com/images/1', 'https://civitai.com/'])(
    'DL-02: a page of something else is refused: %s',
    (text) => {
      expect(() => read(text)).toThrow(/expected the page of a model/);
    },
  );

  it.each([
    'https://iativic.com/models/4384/dreamshaper',
    'https://www.iativic.com/api/download/models/29460?token=t-o-k-e-n',
  ])('DL-05: a misprinted address is read as Civitai, with its token for Civitai: %s', (text) => {
    const link = readLink(text, endpoints);
    expect(link.canonical).toMatch(/^civitai (model 4384|version 29460)$/);
    expect(link.token?.origin ?? 'https://civitai.com').toBe('https://civitai.com');
  });

  it('are not mistaken for those of strangers', () => {
    expect(read('https://civitai.com.evil.example/models/4384')).toBe(
      'web https://civitai.com.evil.example/models/4384',
    );
    expect(read('https://evil.example/civitai.com/models/4384')).toMatch(/^web /);
  });
});

describe('links to Hugging Face', () => {
  it.each([
    [
      'https://huggingface.co/XpucT/Deliberate/blob/main/Deliberate_v2.safetensors',
      'models XpucT/Deliberate main Deliberate_v2.safetensors',
    ],
    [
      'https://huggingface.co/XpucT/Deliberate/resolve/main/Deliberate_v2.safetensors?download=true',
      'models XpucT/Deliberate main Deliberate_v2.safetensors',
    ],
    ['https://huggingface.co/a/b/raw/main/x/y%20z.pt', 'models a/b main x/y z.pt'],
    ['https://huggingface.co/Kanbara/doll-likeness-series/tree/main', 'models Kanbara/doll-likeness-series main '],
    ['https://huggingface.co/a/b/tree/v1.0/unet', 'models a/b v1.0 unet'],
    ['https://huggingface.co/a/b/blob/refs%2Fpr%2F1/x.pt', 'models a/b refs/pr/1 x.pt'],
    ['https://huggingface.co/a/b/blob/refs/pr/1/x.pt', 'models a/b refs/pr/1 x.pt'],
    ['https://huggingface.co/Linaqruf/anything-v3.0', 'models Linaqruf/anything-v3.0 main '],
    ['hf.co/Linaqruf/anything-v3.0', 'models Linaqruf/anything-v3.0 main '],
    ['Linaqruf/anything-v3.0', 'models Linaqruf/anything-v3.0 main '],
    ['WarriorMama777/OrangeMixs/VAEs/orangemix.vae.pt', 'models WarriorMama777/OrangeMixs main VAEs/orangemix.vae.pt'],
    [
      'https://huggingface.co/datasets/gsdf/EasyNegative/blob/main/EasyNegative.safetensors',
      'datasets gsdf/EasyNegative main EasyNegative.safetensors',
    ],
    ['https://huggingface.co/gpt2/resolve/main/a.bin', 'models gpt2 main a.bin'],
    ['https://hf-mirror.com/a/b/resolve/main/x.pt', 'models a/b main x.pt'],
  ])('DL-04: %s', (text, canonical) => {
    expect(read(text)).toBe(`hugging face ${canonical}`);
  });

  it('DL-04: of a mirror below a path are understood', () => {
    const mirror = endpointsFrom({ HF_ENDPOINT: 'https://mirror.example/hf' });
    const link = readLink('https://mirror.example/hf/a/b/resolve/main/x.pt', mirror);
    expect(link.canonical).toBe('hugging face models a/b main x.pt');
  });

  it.each(['https://huggingface.co/models', 'https://huggingface.co/docs/hub/api', 'https://huggingface.co/'])(
    'DL-04: a page of something else is refused: %s',
    (text) => {
      expect(() => read(text)).toThrow(/expected a link to a file, a folder or a repository/);
    },
  );

  it.each(['../secret', 'a/../b', 'a/b/../../etc/x.pt', 'a//b', '/etc/passwd'])('DL-04: is no name: %s', (text) => {
    expect(() => read(text)).toThrow(/the link: expected something like/);
  });
});

describe('other links', () => {
  it.each([
    ['https://www.liblibai.com/#/model/691', 'liblib 691'],
    ['https://www.liblib.art/modelinfo/0f9a', 'liblib 0f9a'],
    ['https://www.liandange.com/models/10001285/detail/', 'liandange 10001285'],
    ['https://example.com/a/b.safetensors?sig=secret', 'web https://example.com/a/b.safetensors'],
    ['http://192.168.1.5:8000/x.pt', 'web http://192.168.1.5:8000/x.pt'],
    ['sd15', 'known stable-diffusion-v1-5/stable-diffusion-v1-5 v1-5-pruned-emaonly.safetensors'],
    ['SD 1.5', 'known stable-diffusion-v1-5/stable-diffusion-v1-5 v1-5-pruned-emaonly.safetensors'],
    ['animevae.pt', 'known Linaqruf/personal-backup vae/animevae.pt'],
  ])('are understood: %s', (text, canonical) => {
    expect(read(text)).toBe(canonical);
  });

  it.each([
    '',
    ' ',
    'dreamshaper',
    'file:///etc/passwd',
    'ftp://example.com/x',
    'C:\\models\\a.pt',
    'javascript:alert(1)',
  ])('are refused with examples: %s', (text) => {
    expect(() => read(text)).toThrow(/something like https:\/\/civitai.com/);
  });

  it('of the catalogue are all understood', () => {
    const catalogue = JSON.parse(readFileSync(sharedData('catalogue.json'), 'utf8')) as {
      kind: string;
      links?: { url: string; site: string }[];
    }[];
    const links = catalogue.filter(({ kind }) => kind !== 'tool').flatMap((entry) => entry.links ?? []);
    expect(links.length).toBeGreaterThan(90);
    const words: Record<string, RegExp> = {
      civitai: /^civitai /,
      huggingface: /^hugging face /,
      liblib: /^liblib /,
      other: /^web /,
    };
    for (const { url, site } of links) expect(read(url)).toMatch(words[site]!);
  });
});
