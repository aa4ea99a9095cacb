import { describe, expect, it } from 'vitest';
import { resolveVae, type VaeQuestion } from './resolve-vae.ts';

const listed = [
  '/m/VAE/vae-ft-mse-840000-ema-pruned.safetensors',
  '/m/VAE/animevae.pt',
  '/m/VAE/animevae.safetensors',
  '/m/VAE/foobar.vae.pt',
  '/m/SD/foo.vae.pt',
  '/m/SD/sub/only-longer-name.ckpt',
];

const choose = (more: Partial<VaeQuestion>) => {
  const question = { checkpoint: '/m/SD/other.safetensors', setting: 'Automatic', settingFirst: true, listed };
  const { file, why, notes } = resolveVae({ ...question, ...more });
  return [file?.split('/').at(-1), why, ...notes];
};

describe('resolveVae', () => {
  it('takes the one inside when nothing speaks for another', () => {
    expect(choose({})).toEqual([undefined, 'inside the checkpoint']);
  });

  it('VAE-03: finds the VAE with the same base name when the checkpoint is switched', () => {
    expect(choose({ checkpoint: '/m/SD/foo.safetensors' })).toEqual(['foo.vae.pt', 'found near the checkpoint']);
    expect(choose({ checkpoint: '/m/SD/foobar.ckpt' })).toEqual(['foobar.vae.pt', 'found near the checkpoint']);
    expect(choose({ checkpoint: '/m/SD/animevae.ckpt' })).toEqual([
      'animevae.safetensors',
      'found near the checkpoint',
    ]);
  });

  it('takes a longer name as A1111 does, and says so', () => {
    const why = 'found near the checkpoint: its name begins with only-longer';
    expect(choose({ checkpoint: '/m/SD/only-longer.ckpt' })).toEqual(['only-longer-name.ckpt', why]);
    expect(choose({ checkpoint: '/m/SD/foob.ckpt' })[0]).toBe('foobar.vae.pt');
    expect(choose({ checkpoint: '/m/SD/sub/only-longer-name.ckpt' })[0]).toBeUndefined();
  });

  it('follows what is asked for before everything else', () => {
    const rest = { checkpoint: '/m/SD/foo.ckpt', setting: 'animevae.pt', note: 'foobar.vae.pt' };
    expect(choose({ ...rest, asked: 'vae-ft-mse-840000-ema-pruned' })).toEqual([
      'vae-ft-mse-840000-ema-pruned.safetensors',
      'asked for',
    ]);
    expect(choose({ ...rest, asked: 'None' })).toEqual([undefined, 'asked for the one inside the checkpoint']);
    expect(choose({ ...rest, asked: 'Automatic' })[1]).toBe('chosen in the settings');
  });

  it('puts the setting before or behind the preferences of the model, as the option says', () => {
    const rest = { checkpoint: '/m/SD/foo.ckpt', setting: 'animevae.pt' };
    expect(choose(rest)).toEqual(['animevae.pt', 'chosen in the settings']);
    expect(choose({ ...rest, settingFirst: false })).toEqual(['foo.vae.pt', 'found near the checkpoint']);
    expect(choose({ ...rest, settingFirst: false, checkpoint: '/x.ckpt' })[1]).toBe('chosen in the settings');
    expect(choose({ ...rest, setting: 'None' })).toEqual([undefined, 'the settings turn other VAEs off']);
    expect(choose({ ...rest, setting: 'None', settingFirst: false })[0]).toBe('foo.vae.pt');
  });

  it('follows the note for the checkpoint', () => {
    const checkpoint = '/m/SD/foo.ckpt';
    expect(choose({ checkpoint, note: 'ANIMEVAE.PT' })).toEqual(['animevae.pt', 'noted for this checkpoint']);
    expect(choose({ checkpoint, note: 'animevae' })[0]).toBe('animevae.safetensors');
    expect(choose({ checkpoint, note: 'None' })[1]).toBe('the note for this checkpoint turns other VAEs off');
    expect(choose({ checkpoint, note: 'Automatic' })[1]).toBe('found near the checkpoint');
    expect(choose({ checkpoint, note: '' })[1]).toBe('found near the checkpoint');
  });

  it('says what it does not find, and goes on', () => {
    const missing = 'There is no VAE named gone.pt.';
    expect(choose({ setting: 'gone.pt' })).toEqual([undefined, 'inside the checkpoint', missing]);
    expect(choose({ checkpoint: '/m/SD/foo.ckpt', note: 'gone.pt' })).toEqual([
      'foo.vae.pt',
      'found near the checkpoint',
      missing,
    ]);
  });
});
