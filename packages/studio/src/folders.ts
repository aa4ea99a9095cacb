import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Files that come with the program. */
const asset = (name: string): string => fileURLToPath(new URL(`../assets/${name}`, import.meta.url));

/** The checkpoint that draws when no other is chosen. */
export const starterCheckpoint = asset('starter-emoji-128.safetensors');

/** The tiny autoencoder of SD 1.x latents, for previews and as a VAE. */
export const tinyVae = asset('taesd.safetensors');

/** Tiny autoencoders by the latents that they are for. */
export const tinyVaes = { taesd: tinyVae, taesdxl: asset('taesdxl.safetensors') } as const;

/** The catalogue of well-known models. */
export const catalogueFile = asset('catalogue.json');

/** Where the font is that labels are written in. */
export const fontsFile = asset('fonts/fonts.conf');

/** Folder of what the program remembers between runs; deleting it loses nothing but time. */
export const cacheFolder = (): string => process.env['DANQING_CACHE'] ?? join(homedir(), '.cache', 'danqing');

/** Folder of a person's models and settings. */
export const homeFolder = (): string => resolve(process.env['DANQING_HOME'] ?? join(homedir(), 'danqing'));
