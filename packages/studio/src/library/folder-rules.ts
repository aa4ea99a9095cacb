/** Which kinds of models lie in a folder of a certain name. */
export interface FolderRule {
  /** The first is what the folder is for, the others are at home there too. */
  readonly kinds: readonly [string, ...string[]];
  /** Below `models`, in this program, A1111, Forge, SD.Next, ComfyUI and its `extra_model_paths.yaml`; case does not count. */
  readonly names: readonly string[];
  /** Where the folder is in this program's own root, in which it is made. */
  readonly own?: string;
}

/** The folders of models by kind. In a folder that is not named here, any kind is at home. */
export const folderRules: readonly FolderRule[] = [
  {
    kinds: ['checkpoint', 'denoiser'],
    names: ['Stable-diffusion', 'checkpoints', 'diffusers'],
    own: 'models/Stable-diffusion',
  },
  { kinds: ['vae'], names: ['VAE'], own: 'models/VAE' },
  { kinds: ['embedding'], names: ['embeddings'], own: 'embeddings' },
  { kinds: ['hypernetwork'], names: ['hypernetworks'], own: 'models/hypernetworks' },
  { kinds: ['lora', 'lycoris'], names: ['Lora', 'loras'], own: 'models/Lora' },
  { kinds: ['lycoris', 'lora'], names: ['LyCORIS'] },
  {
    kinds: ['controlnet', 't2i-adapter', 'ip-adapter'],
    names: ['ControlNet', 't2i_adapter'],
    own: 'models/ControlNet',
  },
  {
    kinds: ['aesthetic-gradient'],
    names: ['aesthetic_embeddings'],
    own: 'extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings',
  },
  { kinds: ['ip-adapter'], names: ['ipadapter'] },
  { kinds: ['denoiser', 'checkpoint'], names: ['diffusion_models', 'unet'], own: 'models/diffusion_models' },
  { kinds: ['text-encoder'], names: ['text_encoders', 'text_encoder', 'clip'], own: 'models/text_encoders' },
  { kinds: ['vision-encoder'], names: ['clip_vision'], own: 'models/clip_vision' },
  { kinds: ['taesd'], names: ['VAE-approx', 'vae_approx'], own: 'models/VAE-approx' },
  {
    kinds: ['upscaler'],
    names: ['ESRGAN', 'RealESRGAN', 'BSRGAN', 'SwinIR', 'ScuNET', 'LDSR', 'DAT', 'HAT', 'upscale_models'],
    own: 'models/ESRGAN',
  },
  { kinds: ['face-restorer'], names: ['GFPGAN', 'Codeformer', 'facerestore_models'], own: 'models/GFPGAN' },
  { kinds: ['motion-module'], names: ['AnimateDiff', 'animatediff_models'], own: 'models/AnimateDiff' },
  { kinds: ['tagger'], names: ['torch_deepdanbooru', 'tagger', 'wd14'], own: 'models/tagger' },
];

/** The rule for a folder's name; undefined where any kind may lie. */
export function ruleFor(folderName: string): FolderRule | undefined {
  return byName.get(folderName.toLowerCase());
}

/** Where a kind of model belongs, from this program's own root; undefined for what is no model to keep. */
export function ownFolderOf(kind: string): string | undefined {
  const rules = folderRules.filter(({ own, kinds }) => own !== undefined && kinds.includes(kind));
  return (rules.find(({ kinds }) => kinds[0] === kind) ?? rules[0])?.own;
}

const byName = new Map(folderRules.flatMap((rule) => rule.names.map((name) => [name.toLowerCase(), rule])));
