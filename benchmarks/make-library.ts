// Fills a folder with 10,000 models of mixed kinds: real headers, bodies that are holes (a few hundred megabytes on the disk).
// npx tsx benchmarks/make-library.ts FOLDER [COUNT]
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type KeyAndShape, sd15Tensors } from './sd15-tensors.ts';

const [folder, count = '10000'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: make-library.ts FOLDER [COUNT]');

const checkpoint = sd15Tensors();
const below = (path: string): KeyAndShape[] =>
  checkpoint
    .filter(({ key }) => key.startsWith(path))
    .map(({ key, shape }) => ({ key: key.slice(path.length), shape }));

/** What kohya's trainer changes: linear layers of attention and feed-forward, of the UNet alone or of the text encoder too. */
const changedLayers = (withText: boolean): { readonly name: string; readonly shape: readonly number[] }[] => [
  ...below('model.diffusion_model.')
    .filter(({ key }) => /(?:transformer_blocks|proj_(?:in|out)).*weight$/.test(key))
    .map(({ key, shape }) => ({ name: `lora_unet_${kohyaName(key)}`, shape })),
  ...below('cond_stage_model.transformer.')
    .filter(({ key }) => withText && /(?:_proj|fc\d)\.weight$/.test(key))
    .map(({ key, shape }) => ({ name: `lora_te_${key.replace(/\.weight$/, '').replaceAll('.', '_')}`, shape })),
];

const layers = [true, false].map((withText) => changedLayers(withText).filter(({ shape }) => shape.length > 1));
const RANKS = [4, 8, 16, 32, 64, 128];

/**
 * The tensors of the i-th LoRA: one of twelve lists as trainers write them by the thousand, and for one in five a list that no other
 * has, some layers left out.
 */
function lora(i: number): KeyAndShape[] {
  const rank = RANKS[i % RANKS.length]!;
  const isRare = i % 5 === 0;
  return layers[Math.floor(i / RANKS.length) % 2]!.filter((_, k) => !isRare || (i * 31 + k * 17) % 23 > 3).flatMap(
    ({ name, shape: [rows, columns, ...rest] }) => [
      { key: `${name}.alpha`, shape: [] },
      { key: `${name}.lora_down.weight`, shape: [rank, columns!, ...rest] },
      { key: `${name}.lora_up.weight`, shape: [rows!, rank, ...rest.map(() => 1)] },
    ],
  );
}

function kohyaName(key: string): string {
  return key
    .replace(/\.weight$/, '')
    .replace(
      /^input_blocks\.(\d+)\.1/,
      (_, i: string) => `down_blocks.${Math.floor((Number(i) - 1) / 3)}.attentions.${(Number(i) - 1) % 3}`,
    )
    .replace(/^middle_block\.1/, 'mid_block.attentions.0')
    .replace(
      /^output_blocks\.(\d+)\.1/,
      (_, i: string) => `up_blocks.${Math.floor(Number(i) / 3)}.attentions.${Number(i) % 3}`,
    )
    .replaceAll('.', '_');
}

/** What kohya's trainer notes, about as long as it is in the wild. */
const trainingNotes = (i: number): Record<string, string> => ({
  ss_output_name: `style ${i}`,
  ss_base_model_version: 'sd_v1',
  ss_network_module: 'networks.lora',
  ss_sd_model_name: 'animefull-final-pruned.ckpt',
  ss_tag_frequency: JSON.stringify({
    [`10_style${i}`]: Object.fromEntries(
      Array.from({ length: 200 }, (_, k) => [`tag ${(i * 7 + k * 13) % 5000}`, 200 - k]),
    ),
  }),
  sshs_model_hash: i.toString(16).padStart(64, '0'),
});

interface Sort {
  readonly share: number;
  readonly folder: string;
  readonly tensors: (i: number) => readonly KeyAndShape[];
  readonly notes?: (i: number) => Record<string, string>;
}

const controlnet = below('model.diffusion_model.')
  .filter(({ key }) => /^(?:time_embed|input_blocks|middle_block)/.test(key))
  .concat(
    { key: 'input_hint_block.0.weight', shape: [16, 3, 3, 3] },
    { key: 'zero_convs.0.0.weight', shape: [320, 320, 1, 1] },
  )
  .map(({ key, shape }) => ({ key: `control_model.${key}`, shape }));

const vae = below('first_stage_model.');

const sorts: readonly Sort[] = [
  { share: 0.4, folder: 'models/Lora', tensors: lora, notes: trainingNotes },
  { share: 0.2, folder: 'models/Lora/styles', tensors: (i) => lora(i + 1), notes: trainingNotes },
  { share: 0.1, folder: 'models/Lora/bare', tensors: (i) => lora(i + 2) },
  { share: 0.15, folder: 'embeddings', tensors: (i) => [{ key: 'emb_params', shape: [1 + (i % 16), 768] }] },
  { share: 0.08, folder: 'models/Stable-diffusion', tensors: () => checkpoint },
  { share: 0.04, folder: 'models/VAE', tensors: () => vae },
  { share: 0.03, folder: 'models/ControlNet', tensors: () => controlnet },
];

let made = 0;
for (const [s, { share, folder: name, tensors, notes }] of sorts.entries()) {
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (let i = 0; i < Math.round(Number(count) * share); i++) {
    const stem = join(place, `${['ink 水墨', 'anime', 'portrait', 'landscape'][i % 4]!} ${s}-${i}`);
    write(`${stem}.safetensors`, tensors(i), { format: 'pt', ...notes?.(i) });
    if (i % 10 === 0) writeFileSync(`${stem}.json`, JSON.stringify({ notes: `note ${i}`, 'preferred weight': 0.8 }));
    if (i % 5 === 0) writeFileSync(`${stem}.preview.png`, '');
    made++;
  }
}
console.log(`${folder}: ${made} models`);

function write(path: string, tensors: readonly KeyAndShape[], metadata: Record<string, string>): void {
  let offset = 0;
  const records = tensors.map(({ key, shape }) => {
    const start = offset;
    offset += shape.reduce((a, b) => a * b, 2);
    return [key, { dtype: 'F16', shape, data_offsets: [start, offset] }] as const;
  });
  const header = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(records) }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, header]));
  ftruncateSync(file, 8 + header.length + offset);
  closeSync(file);
}
