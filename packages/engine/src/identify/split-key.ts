import type { Role } from './module-shapes.ts';

/** A key as module and role. */
export interface SplitKey {
  readonly module: string;
  readonly role: Role;
  /** Whether such a key alone makes a file a LoRA; `alpha` and its like occur elsewhere too. */
  readonly isFactor: boolean;
}

const FACTORS: ReadonlyMap<string, Role> = new Map([
  ['lora_down', 'lora_down'],
  ['lora_up', 'lora_up'],
  ['lora_mid', 'lora_mid'],
  ['lora_A', 'lora_down'],
  ['lora_B', 'lora_up'],
  ...['hada_w1_a', 'hada_w1_b', 'hada_w2_a', 'hada_w2_b', 'hada_t1', 'hada_t2'].map(same),
  ...['lokr_w1', 'lokr_w1_a', 'lokr_w1_b', 'lokr_w2', 'lokr_w2_a', 'lokr_w2_b', 'lokr_t1', 'lokr_t2'].map(same),
  ...['diff', 'diff_b', 'w_norm', 'b_norm', 'oft_blocks', 'oft_diag', 'on_input'].map(same),
]);

/** What accompanies factors. */
const COMPANIONS: ReadonlyMap<string, Role> = new Map([
  ...['alpha', 'dora_scale', 'scalar', 'scale', 'dyn', 'rescale'].map(same),
  ['lora_magnitude_vector', 'dora_scale'],
  ['magnitude', 'dora_scale'],
]);

/** Names that are factors only in keys of kohya's form: a module without dots. */
const SHORT_FACTORS = new Set(['a1', 'a2', 'b1', 'b2']);

function same(role: string): [string, Role] {
  return [role, role];
}

/** Splits the key of a LoRA file of any layout; undefined for a key of anything else. */
export function splitKey(key: string): SplitKey | undefined {
  const isBias = key.endsWith('.bias');
  let end = key.length;
  if (key.endsWith('.weight')) end -= '.weight'.length;
  else if (isBias) end -= '.bias'.length;
  if (key.endsWith('.default', end)) end -= '.default'.length;
  const dot = key.lastIndexOf('.', end - 1);
  if (dot < 0) return splitAtColons(key);
  const last = key.slice(dot + 1, end);
  const module = key.slice(0, dot);
  if (isBias) return last === 'lora_B' ? { module, role: 'lora_bias', isFactor: false } : undefined;
  const factor = FACTORS.get(last);
  if (factor !== undefined) return { module, role: factor, isFactor: true };
  const companion = COMPANIONS.get(last);
  if (companion !== undefined) return { module, role: companion, isFactor: false };
  if (last === 'down' || last === 'up') return splitPair(module, `lora_${last}`);
  return splitShort(key, module, last);
}

/** `…to_k.lora.down.weight`, `…to_k.lora_linear_layer.down.weight`, `….processor.to_k_lora.down.weight`. */
function splitPair(path: string, role: Role): SplitKey | undefined {
  const dot = path.lastIndexOf('.');
  const layer = path.slice(dot + 1);
  const before = dot < 0 ? '' : path.slice(0, dot);
  if (layer === 'lora' || layer === 'lora_linear_layer') return { module: before, role, isFactor: true };
  const processor = /^(\w+)_lora(\d?)$/.exec(layer);
  if (processor === null) return undefined;
  const place = before.endsWith('.processor') ? before.slice(0, -'.processor'.length) : before;
  return { module: `${place}.${processor[1]}${processor[2]}`, role, isFactor: true };
}

/** `lora_unet_….a1.weight` of GLoRA, whose short names only count in kohya's form. */
function splitShort(key: string, module: string, last: string): SplitKey | undefined {
  const isKohya = /^(?:lora|lycoris)_/.test(key) && !module.includes('.');
  return isKohya && SHORT_FACTORS.has(last) ? { module, role: last, isFactor: true } : undefined;
}

/** `unet:12:up`, and `lora_unet_….weight` where nothing stands before the dot but the module. */
function splitAtColons(key: string): SplitKey | undefined {
  const parts = /^((?:unet|text_encoder):\d+):(up|down)$/.exec(key);
  if (parts !== null) return { module: parts[1]!, role: `lora_${parts[2]}`, isFactor: true };
  if (/^(?:lora|lycoris)_[^.]+\.weight$/.test(key)) {
    return { module: key.slice(0, -'.weight'.length), role: 'weight', isFactor: false };
  }
  return undefined;
}
