import type { KeyLayout } from '../../family.ts';
import type { Evidence } from '../evidence.ts';

/**
 * The layouts of a family whose denoiser is no UNet: inside a checkpoint and alone it has the same names, as the diffusers
 * library has it often others.
 * @param original evidence of the denoiser below a path, which is empty or ends with a dot.
 */
export function transformerLayouts(
  original: (at: string) => readonly Evidence[],
  diffusers?: readonly Evidence[],
): readonly KeyLayout[] {
  return [
    { id: 'checkpoint', evidence: original('model.diffusion_model.') },
    { id: 'bare', evidence: original('') },
    ...(diffusers === undefined ? [] : [{ id: 'diffusers', evidence: diffusers } as const]),
  ];
}
