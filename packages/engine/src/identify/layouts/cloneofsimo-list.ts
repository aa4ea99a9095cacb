import type { AddOnLayout } from '../add-on.ts';

/** Keys as of cloneofsimo’s lora as a plain list. */
export const cloneofsimoList: AddOnLayout = {
  id: 'cloneofsimo-list',
  title: { en: 'cloneofsimo, a plain list', zh: 'cloneofsimo（列表）' },
  key: /^\d+$/,
  targets: [{ start: '', id: 'denoiser' }],
};
