import { readFileSync } from 'node:fs';
import { catalogueEntry } from '@danqing/contract/catalogue';
import { describe, expect, it } from 'vitest';
import { sharedData, sharedSpec } from '../../../../tests/shared-data.ts';
import { catalogueFile } from '../folders.ts';
import { categoryOf, openCatalogue } from './catalogue.ts';

const catalogue = openCatalogue();
const ids = (text: string, query = {}): string[] => catalogue.search(text, query).map(({ id }) => id);
const known = (path: string, kind: string, sha256?: string) => {
  const found = catalogue.recognise({ path, kind, ...(sha256 !== undefined && { hashes: { sha256 } }) });
  return found && [found.entry.id, found.by];
};

describe('the catalogue', () => {
  it('LIB-21: is the one of the founding documents, whole and well-formed', () => {
    const printed: unknown = JSON.parse(readFileSync(sharedData('catalogue.json'), 'utf8'));
    expect(JSON.parse(readFileSync(catalogueFile, 'utf8'))).toEqual(printed);
    for (const entry of catalogue.entries) expect(catalogueEntry.parse(entry)).toEqual(entry);
    expect(catalogue.entries).toHaveLength(121);
    expect(new Set(catalogue.entries.map(({ id }) => id)).size).toBe(121);
  });

  it('LIB-21: has every model that the row names', () => {
    const names =
      'Stable Diffusion 1.5, Stable Diffusion XL, Flux.1 dev, Anything, AbyssOrangeMix2, Counterfeit, MeinaMix, ChilloutMix, Deliberate, ' +
      'DreamShaper, Lyriel, Protogen, Dreamlike diffusion, Dreamlike photoreal, Realistic Vision, DDicon, Isometric Future, Vectorartz, ' +
      'Samdoesarts, Flonix, ReV Animated, Juggernaut, Pony Diffusion, F222, GhostMix, Waifu, Inkpunk, majicMIX realistic, majicMIX sombre, ' +
      'majicMIX fantasy, majicMIX lux, majicMIX horror, Game Icon Institute, ArchitectureRealMix, GuoFeng, LOFI, NeverEnding Dream, ' +
      'animfull, vae-ft-ema-560000, vae-ft-mse-840000, kl-f8-anime2, Grapefruit, orangemix, animevae, EasyNegative, DeepNegative, badhandv4, ' +
      'CharTurner, Age Slider, Angelina Jolie, ulzzang-6500, cartoon_portrait, Korean doll, Japanese doll, Thai doll, 墨心, 疏可走马, Gacha, ' +
      'blindbox, DDicon_lora, Freljord, Anime Lineart, Concept Scenery, Howl, Makoto Shinkai, Ghibli, Airconditioner, Stamp, Mecha Musume, ' +
      'mechamix, hanfu, holographic, figure skating, tarot, badass cars, food photography, bottle';
    const missing = names.split(', ').filter((name) => catalogue.search(name).length === 0);
    expect(missing).toEqual([]);
  });

  it('LIB-17: keeps for each what it is for and what to do, in both languages, and what was printed of it', () => {
    for (const { purpose, advice, id } of catalogue.entries) {
      for (const words of [purpose, ...(advice === undefined ? [] : [advice])]) {
        expect(words.en.length, id).toBeGreaterThan(0);
        expect(words.zh, id).toMatch(/\p{Script=Han}/u);
      }
    }
    const mecha = catalogue.get('a-mecha-musume-a')!;
    expect(mecha.triggerWords).toEqual(['mecha musume', 'mechanical parts', 'robot joints', 'headgear']);
    expect(catalogue.get('moxin')).toMatchObject({ recommendedWeight: [0, 0.85], cfg: [1, 7] });
    expect(catalogue.get('majicmix-sombre')!.advice!.en).toMatch(/VAE inside/);
  });

  it('LIB-19: sorts checkpoints into anime, realistic, 2.5D and other', () => {
    const classes = catalogue.entries.filter(({ kind }) => kind === 'checkpoint').map(categoryOf);
    expect(new Set(classes)).toEqual(new Set(['anime', 'realistic', '2.5d', 'other']));
    expect(ids('', { category: '2.5d' })).toContain('rev-animated');
    expect(categoryOf(catalogue.get('counterfeit')!)).toBe('anime');
    expect(categoryOf(catalogue.get('realistic-vision')!)).toBe('realistic');
  });

  it('LIB-20: sorts LoRAs into character, style, concept, clothing and object', () => {
    const classes = new Set(catalogue.entries.filter(({ kind }) => kind === 'lora').map(categoryOf));
    // No document names a LoRA of a character.
    expect([...classes].filter((each) => each !== undefined).sort()).toEqual([
      'clothing',
      'concept',
      'object',
      'style',
    ]);
    expect(ids('hanfu', { category: 'clothing' }).length).toBeGreaterThan(0);
  });

  it('LIB-23: has every pairing on both sides, and those that the row names', () => {
    for (const { id, pairWith = [], needs = [] } of catalogue.entries) {
      for (const other of [...pairWith, ...needs]) {
        const back = catalogue.get(other)!;
        expect([...(back.pairWith ?? []), ...(back.needs ?? [])], `${other} to ${id}`).toContain(id);
      }
    }
    expect(catalogue.get('ulzzang-6500-v1')!.pairWith).toContain('chilloutmix');
    expect(catalogue.get('ddicon-lora')!.needs).toContain('ddicon');
    expect(catalogue.get('easynegative')!.pairWith).toContain('counterfeit');
  });

  it('links are those that stand in the overview of the capabilities', () => {
    const overview = readFileSync(sharedSpec('capabilities.md'), 'utf8');
    const numbers = [...overview.matchAll(/civitai (\d{2,})/g)].map((match) => match[1]!);
    expect(numbers.length).toBeGreaterThan(40);
    const own = catalogue.entries.flatMap((entry) => catalogue.fetchable(entry)).join('\n');
    expect(numbers.filter((number) => !new RegExp(`models?/${number}\\b`).test(own))).toEqual([]);
  });
});

describe('searching the catalogue', () => {
  it.each([
    ['meinamix', 'meinamix'],
    ['EASYnegative', 'easynegative'],
    ['素体机娘', 'a-mecha-musume-a'],
    ['c74b4e810b', 'easynegative'],
    ['6ce0161689', 'stable-diffusion-1-5'],
    ['国风', 'guofeng-3'],
    ['nvinkpunk', 'inkpunk-diffusion'],
    ['ＭＥＩＮＡ', 'meinamix'],
  ])('%s finds %s', (text, id) => {
    expect(ids(text)).toContain(id);
  });
  it('asks for all words, and puts names before advice', () => {
    expect(ids('anime lora').length).toBeGreaterThan(0);
    expect(ids('anything zzz')).toEqual([]);
    expect(ids('anything')[0]).toMatch(/^anything/);
    expect(ids('', { kind: 'vae' })).toHaveLength(7);
  });
});

describe('an installed file', () => {
  it('is known by its hash, whatever it is called', () => {
    expect(known('/models/renamed.pt', 'embedding', `c74b4e810b${'0'.repeat(54)}`)).toEqual(['easynegative', 'hash']);
    expect(known('/x.safetensors', 'checkpoint', `6ce0161689${'1'.repeat(54)}`)).toEqual([
      'stable-diffusion-1-5',
      'hash',
    ]);
  });
  it.each([
    ['v1-5-pruned-emaonly.safetensors', 'checkpoint', 'stable-diffusion-1-5', 'file name'],
    ['v1-5-pruned-emaonly.ckpt', 'checkpoint', 'stable-diffusion-1-5', 'file name'],
    ['chilloutmix_NiPrunedFp32Fix.safetensors', 'checkpoint', 'chilloutmix', 'name'],
    ['EasyNegative.safetensors', 'embedding', 'easynegative', 'name'],
    ['Counterfeit-V2.5_pruned.safetensors', 'checkpoint', 'counterfeit', 'name'],
    ['cartoon_portrait_v2.safetensors', 'lycoris', 'cartoon-portrait-v2', 'file name'],
    ['ghostmix_v20.safetensors', 'denoiser', 'ghostmix', 'name'],
    ['墨心.safetensors', 'lora', 'moxin', 'name'],
  ])('%s, %s is %s by its %s', (file, kind, id, by) => {
    expect(known(`/models/${file}`, kind)).toEqual([id, by]);
  });
  it.each([
    ['chilloutmix_style.safetensors', 'lora'],
    ['lofisomething.safetensors', 'checkpoint'],
    ['anythingelse.safetensors', 'checkpoint'],
    ['model.safetensors', 'checkpoint'],
    ['.safetensors', 'checkpoint'],
  ])('%s, %s is none of them', (file, kind) => {
    expect(known(`/models/${file}`, kind)).toBeUndefined();
  });
});
