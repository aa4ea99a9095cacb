import { evaluate } from '@danqing/engine/graph/evaluate';
import { pullBack } from '@danqing/engine/graph/gradient';
import { absolute } from '@danqing/engine/graph/ops/absolute';
import { clamp } from '@danqing/engine/graph/ops/clamp';
import { erf } from '@danqing/engine/graph/ops/erf';
import { exp } from '@danqing/engine/graph/ops/exp';
import { gelu } from '@danqing/engine/graph/ops/gelu';
import { log } from '@danqing/engine/graph/ops/log';
import { negate } from '@danqing/engine/graph/ops/negate';
import { leakyRelu, relu } from '@danqing/engine/graph/ops/relu';
import { sigmoid } from '@danqing/engine/graph/ops/sigmoid';
import { quickGelu, silu } from '@danqing/engine/graph/ops/silu';
import { softmax } from '@danqing/engine/graph/ops/softmax';
import { sqrt } from '@danqing/engine/graph/ops/sqrt';
import { square } from '@danqing/engine/graph/ops/square';
import { tanh } from '@danqing/engine/graph/ops/tanh';
import { cos, sin } from '@danqing/engine/graph/ops/trigonometry';
import { input, type Value } from '@danqing/engine/graph/value';
import { describe, expect, it } from 'vitest';
import fixture from './fixtures/elementwise.json' with { type: 'json' };

const builders: Record<string, (x: Value) => Value> = {
  negate,
  exp,
  log,
  sqrt,
  square,
  absolute,
  sin,
  cos,
  tanh,
  erf,
  sigmoid,
  silu,
  gelu,
  quickGelu,
  relu,
  leakyRelu: (x) => leakyRelu(x, 0.2),
  clamp: (x) => clamp(x, -1, 0.5),
  softmax,
};

describe('element-wise ops', () => {
  it.each(fixture.cases)(
    "$name and its gradient are torch's, also at kinks and far out",
    ({ name, x: at, y, gradient }) => {
      const shape = [at.length];
      const [x, cotangent] = [input('x', shape), input('cotangent', shape)];
      const value = builders[name]!(x);
      const [grad] = pullBack([{ value, cotangent }], [x]);
      const found = evaluate(
        { name, inputs: [x, cotangent], outputs: { value, grad: grad! } },
        {
          x: { shape, data: Float64Array.from(at) },
          cotangent: { shape, data: Float64Array.from(at, (_, i) => i + 1) },
        },
      );
      const close = (actual: Float64Array, expected: readonly number[]) =>
        expected.forEach((number, i) => {
          const error = Math.abs(actual[i]! - number) / Math.max(Math.abs(number), 0.01);
          expect(error, `${name} at ${at[i]}: ${actual[i]}, not ${number}`).toBeLessThan(1e-12);
        });
      close(found['value']!.data, y);
      close(found['grad']!.data, gradient);
    },
  );
});
