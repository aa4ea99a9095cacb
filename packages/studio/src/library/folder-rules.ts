import type { KindId } from '@danqing/engine/identify/identification';
import type { Kind } from '@danqing/engine/identify/kind';
import { kinds as kindRegistry } from '@danqing/engine/identify/kinds/index';

/** Which kinds of models lie in a folder of a certain name. */
export interface FolderRule {
  /** The first is what the folder is for, the others are at home there too. */
  readonly kinds: readonly [KindId, ...KindId[]];
  /** Below `models`, in this program, A1111, Forge, SD.Next, ComfyUI and its `extra_model_paths.yaml`; case does not count. */
  readonly names: readonly string[];
}

/** The folders of models by name. In a folder that is not named here, any kind is at home. */
const folderRules: readonly FolderRule[] = [
  { kinds: ['checkpoint', 'denoiser'], names: ['Stable-diffusion', 'checkpoints', 'diffusers'] },
  { kinds: ['vae'], names: ['VAE'] },
  { kinds: ['embedding'], names: ['embeddings'] },
  { kinds: ['hypernetwork'], names: ['hypernetworks'] },
  { kinds: ['lora', 'lycoris'], names: ['Lora', 'loras'] },
  { kinds: ['lycoris', 'lora'], names: ['LyCORIS'] },
  { kinds: ['controlnet', 't2i-adapter', 'ip-adapter'], names: ['ControlNet', 't2i_adapter'] },
  { kinds: ['aesthetic-gradient'], names: ['aesthetic_embeddings'] },
  { kinds: ['ip-adapter'], names: ['ipadapter'] },
  { kinds: ['denoiser', 'checkpoint'], names: ['diffusion_models', 'unet'] },
  { kinds: ['text-encoder'], names: ['text_encoders', 'text_encoder', 'clip'] },
  { kinds: ['vision-encoder'], names: ['clip_vision'] },
  { kinds: ['taesd'], names: ['VAE-approx', 'vae_approx'] },
  {
    kinds: ['upscaler'],
    names: ['ESRGAN', 'RealESRGAN', 'BSRGAN', 'SwinIR', 'ScuNET', 'LDSR', 'DAT', 'HAT', 'upscale_models'],
  },
  { kinds: ['face-restorer'], names: ['GFPGAN', 'Codeformer', 'facerestore_models'] },
  { kinds: ['motion-module'], names: ['AnimateDiff', 'animatediff_models'] },
  { kinds: ['tagger'], names: ['torch_deepdanbooru', 'tagger', 'wd14'] },
  { kinds: ['captioner'], names: ['BLIP'] },
  { kinds: ['annotator'], names: ['annotators'] },
  { kinds: ['safety-checker'], names: ['safety-checker'] },
];

const byName = new Map(folderRules.flatMap((rule) => rule.names.map((name) => [name.toLowerCase(), rule])));

/** The rule for a folder's name; undefined where any kind may lie. */
export function ruleFor(folderName: string): FolderRule | undefined {
  return byName.get(folderName.toLowerCase());
}

const kinds: readonly Kind[] = Object.values(kindRegistry);

/** The folders of this program's own root, relative to it. */
export const ownFolders: readonly string[] = [...new Set(kinds.flatMap(({ folder }) => folder ?? []))].sort();

/** Where a kind of model belongs, relative to this program's own root; undefined for what is no model to keep. */
export const ownFolderOf = (kind: KindId): string | undefined => kinds.find(({ id }) => id === kind)?.folder;
