import type { KeyLayout } from '../../family.ts';
import type { Evidence } from '../evidence.ts';

/**
 * The layouts of a family whose denoiser is no UNet: inside a checkpoint and alone it has the same names, as the diffusers
 * library has it often others, alone or in a folder.
 * Both take the path of the denoiser, empty or ending with a dot.
 * @param original evidence under the names of its authors.
 */
export function transformerLayouts(
  original: (at: string) => readonly Evidence[],
  diffusers?: (at: string) => readonly Evidence[],
): readonly KeyLayout[] {
  return [
    { id: 'checkpoint', evidence: original('model.diffusion_model.') },
    { id: 'bare', evidence: original('') },
    ...(diffusers === undefined
      ? []
      : ([
          { id: 'diffusers', evidence: diffusers('') },
          { id: 'folder', evidence: diffusers('transformer.') },
        ] as const)),
  ];
}
