import { KB, type Kind } from '../kind.ts';

/** Aesthetic gradient. */
export const aestheticGradient: Kind = {
  id: 'aesthetic-gradient',
  title: { en: 'aesthetic gradient', zh: '美学梯度（Aesthetic Gradient）' },
  folder: 'extensions/stable-diffusion-webui-aesthetic-gradients/aesthetic_embeddings',
  usualBytes: [2 * KB, 10 * KB],
  use: {
    en: 'bends the prompt towards a collection of pictures; old, and weaker than a LoRA or an embedding',
    zh: '让提示词偏向一组图片的审美；较旧的技术，效果弱于 LoRA 和嵌入',
  },
};
