import type { Kind } from '../kind.ts';

/** Image encoder. */
export const visionEncoder: Kind = {
  id: 'vision-encoder',
  title: { en: 'image encoder', zh: '图像编码器' },
  folder: 'models/clip_vision',
  usualBytes: undefined,
  use: {
    en: 'looks at pictures for IP-Adapters, aesthetic gradients and unCLIP',
    zh: '为 IP-Adapter、美学梯度与 unCLIP 看图',
  },
};
