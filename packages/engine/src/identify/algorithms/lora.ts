import { absent, type Algorithm, sizeOf } from '../add-on.ts';

/** Two factors, for convolutions also three (Tucker): ΔW = up · down (arXiv:2106.09685). */
export const lora: Algorithm = {
  id: 'lora',
  title: { en: 'LoRA', zh: 'LoRA' },
  order: 0,
  isLycoris: false,
  matches: (shapes) => shapes.has('lora_up') || shapes.has('lora_down'),
  faults(shapes) {
    const wanting = absent(shapes, ['lora_up', 'lora_down']);
    if (wanting.length > 0) return wanting.map((role) => `no ${role}`);
    const [down, up] = [sizeOf(shapes, 'lora_down', 0), sizeOf(shapes, 'lora_up', 1)];
    return down === up ? [] : [`lora_down has rank ${down}, lora_up ${up}`];
  },
  rank: (shapes) => sizeOf(shapes, 'lora_down', 0),
  inputWidth: (shapes) => sizeOf(shapes, 'lora_down', 1),
  outputWidth: (shapes) => sizeOf(shapes, 'lora_up', 0),
};
