import { unary } from '../elementwise.ts';
import { apply, type Value } from '../value.ts';
import { divide } from './divide.ts';

export const logOp = unary({
  name: 'log',
  compute: Math.log,
  gradient: ({ grad, x }) => divide(grad, x),
  onnx: 'Log',
  range: [0.25, 4],
});

/** Natural logarithm. */
export const log = (x: Value): Value => apply(logOp, [x], {});
