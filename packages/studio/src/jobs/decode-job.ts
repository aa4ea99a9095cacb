import { basename } from 'node:path';
import type { WorkerEvent, WorkerRequest } from '@danqing/contract/worker-messages';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import type { Family, VaePart } from '@danqing/engine/family';
import { writeInfotext } from '@danqing/engine/image/infotext';
import { type Pixels, toPixels } from '@danqing/engine/image/pixels';
import { printReceipt, type ReadReceipt, readReceipt } from '@danqing/engine/image/receipt';
import { isAboutStandIn, pictureOf } from '@danqing/engine/pipelines/generate';
import type { RunMode } from '@danqing/engine/runtime';
import type { Tensor } from '@danqing/engine/tensor/tensor';
import { hashPixels } from '@danqing/node/image/hash-pixels';
import type { FileHashes } from '../library/file-hashes.ts';
import { openCheckpoint, openVae, type VaeChoice } from './checkpoint-files.ts';
import { namedFile } from './describe-picture.ts';
import type { JobControl } from './job-control.ts';

type Decode = Extract<WorkerRequest, { type: 'decode' }>;

/** What decoding again needs of the drawing process. */
export interface DecodingPlace {
  /**
   * Opens the decoder of a VAE for latents of a size in cells.
   * @param mode to run it in, where there is memory for it.
   * @throws no-memory.
   */
  decoderOf(
    part: VaePart,
    cells: { readonly width: number; readonly height: number },
    mode: RunMode | undefined,
  ): Promise<(latent: Tensor) => Promise<Tensor>>;
  readonly hashes: FileHashes;
}

/**
 * Decodes kept latents with a VAE and tells each picture with its settings, in which only the VAE has changed.
 * @throws missing when it is not known which family's latents they are; not-a-number when the VAE overflows.
 */
export async function decodeJob(
  request: Decode,
  { decoderOf, hashes }: DecodingPlace,
  control: JobControl,
  tell: (event: WorkerEvent) => Promise<void>,
): Promise<void> {
  const { job, latent } = request;
  await tell({ type: 'phase', job, phase: 'read' });
  const vae = await openDecoder(request);
  const sha256 = vae.file === undefined ? undefined : await hashes.sha256(vae.file);
  const [count, , h, w] = latent.shape as [number, number, number, number];
  await tell({ type: 'phase', job, phase: 'open VAE' });
  const receipts = request.receipts.map((printed) => readReceipt(printed));
  const decode = await decoderOf(vae.part, { width: w, height: h }, modeOf(receipts[0]));
  await tell({ type: 'phase', job, phase: 'decode' });
  for (let index = 0; index < count; index++) {
    await control.pass(() => 0);
    const [pixels] = toPixels(await decode(pictureOf(latent, index)));
    const { width, height, data } = pixels!;
    const texts = describeAgain(receipts[index], pixels!, vae, sha256);
    await tell({ type: 'picture', job, picture: { index, width, height, pixels: data, ...texts } });
  }
  await tell({ type: 'done', job });
}

async function openDecoder({ family: id, checkpoint, vae }: Decode): Promise<VaeChoice> {
  if (checkpoint !== undefined) return (await openCheckpoint(checkpoint, vae)).vae;
  const family = Object.values(families).find((each): each is Family => each.id === id && 'latent' in each);
  if (family === undefined) {
    throw new DanqingError('missing', {
      where: 'latent',
      expected: 'to be told whose it is',
      found: 'neither family nor checkpoint',
      advice: 'Name the checkpoint that drew it with --model.',
    });
  }
  return openVae(family, vae);
}

/** The mode that a picture was drawn in on the processor: in another one the last bits differ. */
function modeOf(before: ReadReceipt | undefined): RunMode | undefined {
  const { provider, mode } = before?.runtime ?? {};
  return provider === 'cpu' ? MODES.find((one) => one === mode) : undefined;
}

const MODES: readonly RunMode[] = ['fast', 'quick', 'small'];

/** The settings of the picture from before, with another VAE; nothing where nothing is known. */
function describeAgain(
  before: ReadReceipt | undefined,
  pixels: Pixels,
  { file, why }: VaeChoice,
  sha256: string | undefined,
): { readonly infotext: string; readonly receipt: string } {
  if (before?.parameters === undefined) return { infotext: '', receipt: '' };
  const { vae: _, ...others } = before.parameters;
  const hashed = new Map(file === undefined || sha256 === undefined ? [] : [[file, sha256] as const]);
  const parameters = file === undefined ? others : { ...others, vae: namedFile(file, hashed) };
  const vae = { name: file === undefined ? 'built-in' : basename(file), ...(sha256 !== undefined && { sha256 }), why };
  const notes = (before.notes ?? []).filter((note) => !isAboutStandIn(note));
  const receipt: ReadReceipt = { ...before, parameters, vae, notes, pixelSha256: hashPixels(pixels) };
  return { infotext: writeInfotext(parameters), receipt: printReceipt(receipt) };
}
