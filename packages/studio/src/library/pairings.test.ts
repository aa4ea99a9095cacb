import { readFileSync } from 'node:fs';
import type { KindId } from '@danqing/engine/identify/identification';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../../tests/shared-data.ts';
import { findPairings, type PairedEntry, type PairedModel } from './pairings.ts';

const catalogue = JSON.parse(readFileSync(sharedData('catalogue.json'), 'utf8')) as PairedEntry[];

const TITLES: Readonly<Record<string, string>> = { sd1: 'Stable Diffusion 1.x', sdxl: 'Stable Diffusion XL' };

const model = (stem: string, kind: KindId, family: string, more: Partial<PairedModel> = {}): PairedModel => ({
  path: `/${stem}`,
  stem,
  kind,
  families: [{ id: family, title: TITLES[family]! }],
  notes: {},
  facts: {},
  ...more,
});

const chilloutmix = model('chilloutmix', 'checkpoint', 'sd1');
const sdxl = model('sd_xl_base', 'checkpoint', 'sdxl');
const doll = model('korean-doll-likeness', 'lora', 'sd1');

interface Question {
  readonly model: PairedModel;
  readonly checkpoint?: PairedModel;
  readonly installed?: readonly PairedModel[];
}

const pair = ({ installed = [], ...question }: Question) =>
  findPairings<PairedModel>({
    installed: () => installed,
    catalogue,
    entryOf: ({ stem }) => catalogue.find(({ id }) => id === stem),
    ...question,
  });

describe('findPairings', () => {
  it('LIB-22: links a LoRA to the checkpoint it is recommended with', () => {
    expect(pair({ model: doll, checkpoint: chilloutmix, installed: [chilloutmix] })).toEqual([
      {
        type: 'base',
        name: 'ChilloutMix',
        path: '/chilloutmix',
        says: { en: 'Recommended with ChilloutMix.', zh: '推荐搭配主模型 ChilloutMix。' },
      },
    ]);
    expect(pair({ model: doll })[0]!.says.en).toContain('not installed');
  });

  it('LIB-22: warns of a checkpoint of another family, and of one that is not recommended', () => {
    const [mismatch, otherBase] = pair({ model: doll, checkpoint: sdxl });
    expect(mismatch).toMatchObject({ type: 'mismatch', path: '/sd_xl_base' });
    expect(mismatch!.says.en).toBe(
      'korean-doll-likeness is for Stable Diffusion 1.x, but sd_xl_base is Stable Diffusion XL: they do not fit together.',
    );
    expect(otherBase).toMatchObject({ type: 'other-base' });
    expect(otherBase!.says.en).toContain('recommended with ChilloutMix');
    const vae = model('kl-f8-anime', 'vae', 'sd1');
    expect(pair({ model: vae, checkpoint: chilloutmix }).map(({ type }) => type)).not.toContain('mismatch');
    const unknown = { ...doll, families: [] };
    expect(pair({ model: unknown, checkpoint: sdxl }).map(({ type }) => type)).not.toContain('mismatch');
  });

  it('LIB-23: notes what goes together, on both sides', () => {
    const names = (id: string, kind: KindId) => pair({ model: model(id, kind, 'sd1') }).map(({ name }) => name);
    expect(names('ulzzang-6500-v1', 'embedding')).toContain('ChilloutMix');
    expect(names('chilloutmix', 'checkpoint')).toEqual([
      'ulzzang-6500-v1',
      'KoreanDollLikeness',
      'JapaneseDollLikeness',
      'ThaiDollLikeness',
      '墨心 MoXin',
    ]);
    expect(names('ddicon-lora', 'lora')).toEqual(['DDicon']);
    expect(names('ddicon', 'checkpoint')).toEqual(['DDicon_lora']);
    expect(names('easynegative', 'embedding')).toContain('Counterfeit');
  });

  it('tells what is noted and what it was trained on', () => {
    const noted = { ...doll, stem: 'mine', notes: { recommendedBase: 'foo' }, facts: { trainedOn: 'anim.ckpt' } };
    expect(pair({ model: noted }).map(({ says }) => says.en)).toEqual([
      'You noted foo as its base.',
      'It was trained on anim.ckpt.',
    ]);
  });
});
