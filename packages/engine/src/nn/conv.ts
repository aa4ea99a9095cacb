import { conv2d } from '../graph/ops/conv2d.ts';
import { type Value, weight } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';

interface ConvSettings {
  /** Height and width of the kernel. */
  readonly size?: number;
  readonly stride?: number;
  /** [top, left, bottom, right]; what keeps the size at stride 1 when absent. */
  readonly padding?: readonly [number, number, number, number];
  readonly bias?: boolean;
}

/** A convolution of x [n, c, h, w] to `out` channels with the scope's `weight` [out, c, size, size] and `bias` [out]; 3×3 by default. */
export function convLayer(x: Value, scope: WeightScope, out: number, settings: ConvSettings = {}): Value {
  const { size = 3, stride = 1, bias = true } = settings;
  const side = (size - 1) / 2;
  const kernel = weight(scope.get('weight', [out, x.shape[1] as number, size, size]));
  const shift = bias ? weight(scope.get('bias', [out])) : undefined;
  return conv2d(x, kernel, shift, { stride, padding: settings.padding ?? [side, side, side, side] });
}
