import { DanqingError } from '@danqing/engine/errors';
import type { Family, KohyaWays } from '@danqing/engine/family';

/** How LoRAs for a family are written. @throws bad-shape naming the file where they are not. */
export function kohyaWaysOf({ addOns, title }: Family, file: string): KohyaWays {
  if (addOns?.kohya !== undefined) return addOns.kohya;
  throw new DanqingError('bad-shape', {
    where: file,
    expected: 'a checkpoint of SD 1.x, SD 2.x or SDXL',
    found: `one of ${title}`,
    advice: 'No LoRAs are written for it.',
  });
}
