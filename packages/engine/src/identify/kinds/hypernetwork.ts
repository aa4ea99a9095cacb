import { MB, type Kind } from '../kind.ts';

/** Hypernetwork. */
export const hypernetwork: Kind = {
  id: 'hypernetwork',
  title: { en: 'hypernetwork', zh: '超网络（Hypernetwork）' },
  folder: 'models/hypernetworks',
  usualBytes: [5 * MB, 300 * MB],
  use: { en: 'changes the style; in a prompt: <hypernet:NAME:1>', zh: '改变画风；提示词写 <hypernet:NAME:1>' },
};
