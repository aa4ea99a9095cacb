import type {
  GenerationParameters,
  HashedName,
  HiresParameters,
  MaskParameters,
  NamedFile,
  RefinerParameters,
  Size,
} from './generation-parameters.ts';
import { printPython } from './python-text.ts';
import { parseSetting, RECORDED_SETTINGS } from './recorded-settings.ts';
import type { SettingName, SettingValue } from './recorded-settings.ts';

/** Parameters while they are being read. */
export type Draft = { -readonly [K in keyof GenerationParameters]: GenerationParameters[K] };

/** One key of an infotext: how it is written from parameters and read into them. */
export interface InfotextField {
  readonly keys: readonly [written: string, ...alsoRead: string[]];
  /** Text of the value, or undefined when the key is not written. */
  readonly print: (parameters: GenerationParameters) => string | undefined;
  /** Reads a value; false when it does not have the form that this key needs. */
  readonly read: (text: string, draft: Draft) => boolean;
}

/**
 * Every key that is understood, in the order in which A1111 v1.10.1 writes them; where its order depends on the run, the
 * order of a run that uses them all. Our own keys follow those of A1111.
 */
export function infotextFields(): readonly InfotextField[] {
  return [
    whole('Steps', 'steps'),
    plain('Sampler', 'samplerName'),
    {
      keys: ['Schedule type'],
      print: (p) => (p.samplerName === undefined ? undefined : p.scheduler),
      read: (text, draft) => set(draft, 'scheduler', text),
    },
    decimal('CFG scale', 'cfgScale'),
    decimal('Image CFG scale', 'imageCfgScale'),
    { keys: ['Seed'], print: (p) => p.seed?.toString(), read: (text, draft) => set(draft, 'seed', toBigInt(text)) },
    plain('Face restoration', 'faceRestoration'),
    sized('Size', 'size'),
    file('Model hash', 'model', 'hash'),
    file('Model', 'model', 'name'),
    setting('fp8_storage'),
    setting('cache_fp16_weight'),
    file('VAE hash', 'vae', 'hash'),
    file('VAE', 'vae', 'name'),
    {
      keys: ['Variation seed'],
      print: (p) => p.variation?.seed.toString(),
      read: (text, draft) => {
        const seed = toBigInt(text);
        return seed !== undefined && set(draft, 'variation', { seed, strength: draft.variation?.strength ?? 0 });
      },
    },
    {
      keys: ['Variation seed strength'],
      print: (p) => printNumber(p.variation?.strength),
      read: (text, draft) => {
        const strength = toNumber(text);
        return strength !== undefined && set(draft, 'variation', { seed: draft.variation?.seed ?? 0n, strength });
      },
    },
    sized('Seed resize from', 'seedResizeFrom'),
    decimal('Denoising strength', 'denoisingStrength'),
    setting('inpainting_mask_weight'),
    {
      keys: ['Clip skip'],
      print: (p) => (p.clipSkip <= 1 ? undefined : printNumber(p.clipSkip)),
      read: (text, draft) => set(draft, 'clipSkip', toWhole(text)),
    },
    setting('eta_noise_seed_delta'),
    setting('token_merging_ratio'),
    setting('token_merging_ratio_hr'),
    plain('Init image hash', 'initImageHash'),
    {
      keys: ['RNG'],
      print: (p) => p.rng,
      read: (text, draft) => (text === 'GPU' || text === 'CPU' || text === 'NV') && set(draft, 'rng', text),
    },
    {
      keys: ['Tiling'],
      print: (p) => (p.tiling ? 'True' : undefined),
      read: (text, draft) => (text === 'True' || text === 'False') && set(draft, 'tiling', text === 'True'),
    },
    ...hiresFields(),
    ...maskFields(),
    setting('sd_vae_encode_method'),
    hashes('Lora hashes', 'loraHashes'),
    setting('use_old_scheduling'),
    hashes('TI hashes', 'tiHashes'),
    ...settings('emphasis', 'use_downcasted_alpha_bar', 'sd_noise_schedule', 'initial_noise_multiplier'),
    ...settings(
      'always_discard_next_to_last_sigma',
      'sigma_min',
      'sigma_max',
      'rho',
      'beta_dist_alpha',
      'beta_dist_beta',
    ),
    ...settings('sgm_noise_multiplier', 'img2img_extra_noise', 'eta_ancestral', 'eta_ddim'),
    ...settings('s_churn', 's_tmin', 's_tmax', 's_noise'),
    ...settings('refiner_switch_by_sample_steps', 'hires_fix_refiner_pass'),
    part<RefinerParameters>(
      'refiner',
      'Refiner',
      (r) => r.checkpoint,
      (text) => ({ checkpoint: text }),
    ),
    part<RefinerParameters>('refiner', 'Refiner switch at', (r) => printNumber(r.switchAt), numeric('switchAt')),
    ...settings('skip_early_cond', 's_min_uncond', 's_min_uncond_all', 'pad_cond_uncond', 'pad_cond_uncond_v0'),
    setting('sd_vae_decode_method'),
    ...settings('uni_pc_variant', 'uni_pc_skip_type', 'uni_pc_order', 'uni_pc_lower_order_final'),
    ...settings('enable_quantization', 'use_old_karras_scheduler_sigmas', 'no_dpmpp_sde_batch_determinism'),
    ...settings('img2img_fix_steps', 'img2img_color_correction', 'batch_cond_uncond', 'comma_padding_backtrack'),
    setting('enable_prompt_comments'),
    ...settings('sdxl_crop_top', 'sdxl_crop_left'),
    ...settings('sdxl_refiner_high_aesthetic_score', 'sdxl_refiner_low_aesthetic_score'),
    ...settings('sdxl_clip_l_skip', 'upcast_attn'),
  ];
}

/** The keys that close the line, after everything that is not understood. */
export const closingFields = (): readonly InfotextField[] => [plain('Version', 'version'), plain('User', 'user')];

/** A number as text, or nothing for nothing. */
const printNumber = (value: number | undefined): string | undefined =>
  value === undefined ? undefined : printPython(value);

/** Width and height in `512x768`. */
export function toSize(text: string): Size | undefined {
  const match = /^(\d{1,9})x(\d{1,9})$/.exec(text.trim());
  return match ? { width: Number(match[1]), height: Number(match[2]) } : undefined;
}

function set<K extends keyof Draft>(draft: Draft, name: K, value: Draft[K] | undefined): boolean {
  if (value === undefined) return false;
  draft[name] = value;
  return true;
}

function toNumber(text: string): number | undefined {
  const value = text.trim() === '' ? NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function toWhole(text: string): number | undefined {
  const value = toNumber(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

const toBigInt = (text: string): bigint | undefined =>
  /^-?\d{1,20}$/.test(text.trim()) ? BigInt(text.trim()) : undefined;

type TextName = 'samplerName' | 'faceRestoration' | 'initImageHash' | 'version' | 'user';
type NumberName = 'steps' | 'cfgScale' | 'imageCfgScale' | 'denoisingStrength';

const plain = (key: string, name: TextName): InfotextField => ({
  keys: [key],
  print: (p) => p[name],
  read: (text, draft) => set(draft, name, text),
});

const whole = (key: string, name: NumberName): InfotextField => ({
  keys: [key],
  print: (p) => printNumber(p[name]),
  read: (text, draft) => set(draft, name, toWhole(text)),
});

const decimal = (key: string, name: NumberName): InfotextField => ({
  keys: [key],
  print: (p) => printNumber(p[name]),
  read: (text, draft) => set(draft, name, toNumber(text)),
});

const printSize = (size: Size | undefined): string | undefined => size && `${size.width}x${size.height}`;

const sized = (key: string, name: 'size' | 'seedResizeFrom'): InfotextField => ({
  keys: [key],
  print: (p) => printSize(p[name]),
  read: (text, draft) => set(draft, name, toSize(text)),
});

const file = (key: string, name: 'model' | 'vae', field: keyof NamedFile): InfotextField => ({
  keys: [key],
  print: (p) => p[name]?.[field],
  read: (text, draft) => set(draft, name, { ...draft[name], [field]: text }),
});

const hashes = (key: string, name: 'loraHashes' | 'tiHashes'): InfotextField => ({
  keys: [key],
  print: (p) => (p[name].length === 0 ? undefined : p[name].map((item) => `${item.name}: ${item.hash}`).join(', ')),
  read: (text, draft) => set(draft, name, toHashes(text)),
});

function toHashes(text: string): HashedName[] | undefined {
  const found: HashedName[] = [];
  for (const item of text.split(',')) {
    const parts = item.split(':').map((side) => side.trim());
    if (parts.length !== 2) return undefined;
    found.push({ name: parts[0]!, hash: parts[1]! });
  }
  return found;
}

const setting = (name: SettingName): InfotextField => {
  const recorded: { key: string; default: SettingValue; otherKeys?: readonly string[] } = RECORDED_SETTINGS[name];
  return {
    keys: [recorded.key, ...(recorded.otherKeys ?? [])],
    print: (p) => {
      const value = p.settings[name];
      return value === undefined || value === recorded.default ? undefined : printSetting(value);
    },
    read: (text, draft) => {
      const value = parseSetting(name, text);
      return value !== undefined && set(draft, 'settings', { ...draft.settings, [name]: value });
    },
  };
};

const settings = (...names: SettingName[]): InfotextField[] => names.map(setting);

function printSetting(value: SettingValue): string {
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return typeof value === 'number' ? printPython(value) : value;
}

/** A key whose value is one field of a group that exists only when one of its keys is there. */
const part = <T extends object>(
  name: 'hires' | 'mask' | 'refiner',
  key: string,
  print: (group: T) => string | undefined,
  read: (text: string) => Partial<T> | undefined,
): InfotextField => ({
  keys: [key],
  print: (p) => (p[name] === undefined ? undefined : print(p[name] as T)),
  read: (text, draft) => {
    const value = read(text);
    return value !== undefined && set(draft, name, { ...draft[name], ...value });
  },
});

const numeric =
  <K extends string>(name: K) =>
  (text: string): { [key in K]?: number } | undefined => {
    const value = toNumber(text);
    return value === undefined ? undefined : ({ [name]: value } as { [key in K]?: number });
  };

const hires = (
  key: string,
  print: (group: HiresParameters) => string | undefined,
  read: (text: string) => HiresParameters | undefined,
): InfotextField => part<HiresParameters>('hires', key, print, read);

const hiresFields = (): InfotextField[] => [
  hires(
    'Hires checkpoint',
    (h) => h.checkpoint,
    (text) => ({ checkpoint: text }),
  ),
  hires(
    'Hires sampler',
    (h) => h.samplerName,
    (text) => ({ samplerName: text }),
  ),
  hires(
    'Hires prompt',
    (h) => h.prompt,
    (text) => ({ prompt: text }),
  ),
  hires(
    'Hires negative prompt',
    (h) => h.negativePrompt,
    (text) => ({ negativePrompt: text }),
  ),
  hires(
    'Hires schedule type',
    (h) => h.scheduler,
    (text) => ({ scheduler: text }),
  ),
  hires('Hires upscale', (h) => printNumber(h.upscale), numeric('upscale')),
  hires(
    'Hires resize',
    (h) => printSize(h.resize),
    (text) => {
      const resize = toSize(text);
      return resize && { resize };
    },
  ),
  hires('Hires steps', (h) => printNumber(h.steps), numeric('steps')),
  hires(
    'Hires upscaler',
    (h) => h.upscaler,
    (text) => ({ upscaler: text }),
  ),
];

const mask = (
  key: string,
  print: (group: MaskParameters) => string | undefined,
  read: (text: string) => MaskParameters | undefined,
): InfotextField => part<MaskParameters>('mask', key, print, read);

const maskFields = (): InfotextField[] => [
  mask(
    'Mask mode',
    (m) => m.mode,
    (text) => ({ mode: text }),
  ),
  mask('Mask blur', (m) => printNumber(m.blur), numeric('blur')),
  mask(
    'Inpaint area',
    (m) => m.area,
    (text) => ({ area: text }),
  ),
  mask('Masked area padding', (m) => printNumber(m.padding), numeric('padding')),
  mask(
    'Masked content',
    (m) => m.content,
    (text) => ({ content: text }),
  ),
];
