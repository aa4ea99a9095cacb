/** A model that can be asked for by a short name, with where it is and how to know it. */
export interface KnownModel {
  /** What may be typed; case, spaces and punctuation do not count. */
  readonly names: readonly string[];
  readonly title: string;
  readonly kind: 'checkpoint' | 'vae';
  /** Repository, revision and path at Hugging Face. */
  readonly repository: string;
  readonly path: string;
  readonly sizeBytes?: number;
  readonly sha256?: string;
}

/**
 * The checkpoint that is offered at the first start (DL-01), and the VAEs of the training notebook (DL-10). Size and checksum are
 * those that the files are published with; where none is published, Hugging Face tells it when it is asked.
 */
export const knownModels: readonly KnownModel[] = [
  {
    names: ['sd15', 'sd1.5', 'stable-diffusion-v1-5', 'v1-5-pruned-emaonly'],
    title: 'Stable Diffusion 1.5',
    kind: 'checkpoint',
    repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
    path: 'v1-5-pruned-emaonly.safetensors',
    sizeBytes: 4_265_146_304,
    sha256: '6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa',
  },
  {
    names: ['animevae', 'animevae.pt', 'anime.vae.pt'],
    title: 'animevae.pt',
    kind: 'vae',
    repository: 'Linaqruf/personal-backup',
    path: 'vae/animevae.pt',
  },
  {
    names: ['kl-f8-anime', 'kl-f8-anime.ckpt'],
    title: 'kl-f8-anime.ckpt',
    kind: 'vae',
    repository: 'hakurei/waifu-diffusion-v1-4',
    path: 'vae/kl-f8-anime.ckpt',
  },
  {
    names: ['vae-ft-mse-840000', 'vae-ft-mse-840000-ema-pruned', 'sd-vae-ft-mse'],
    title: 'vae-ft-mse-840000-ema-pruned.safetensors',
    kind: 'vae',
    repository: 'stabilityai/sd-vae-ft-mse-original',
    path: 'vae-ft-mse-840000-ema-pruned.safetensors',
  },
];

/** The known model of a name. */
export function findKnownModel(name: string): KnownModel | undefined {
  const wanted = plain(name);
  return wanted === '' ? undefined : knownModels.find(({ names }) => names.some((each) => plain(each) === wanted));
}

const plain = (text: string): string => text.toLowerCase().replace(/[^a-z\d]+/g, '');
