import { DanqingError } from '../errors.ts';
import { attention } from '../graph/ops/attention.ts';
import type { Value } from '../graph/value.ts';
import type { WeightScope } from '../weights/scope.ts';
import { linearLayer, linearLayers } from './linear.ts';

/** Where the four layers of an attention stand; every network names them differently. */
export interface AttentionScopes {
  readonly q: WeightScope;
  readonly k: WeightScope;
  readonly v: WeightScope;
  readonly out: WeightScope;
}

interface AttentionSettings {
  readonly heads: number;
  readonly causal?: boolean;
  /** Whether queries, keys and values have a bias; the result always has one. */
  readonly bias?: boolean;
}

/**
 * Attention of x [n, t, c] to `source` [n, s, d], self-attention where they are the same → [n, t, c].
 * @throws bad-shape when c does not divide into the heads.
 */
export function attentionLayer(x: Value, source: Value, scopes: AttentionScopes, settings: AttentionSettings): Value {
  const { heads, causal = false, bias = true } = settings;
  const width = checkedWidth(x, heads, scopes.q.path);
  const q = linearLayer(x, scopes.q, width, { bias });
  const k = linearLayer(source, scopes.k, width, { bias });
  const v = linearLayer(source, scopes.v, width, { bias });
  return linearLayer(attention(q, k, v, { heads, causal }), scopes.out, width);
}

/** The names of PyTorch's own attention, which stacks the rows of queries, keys and values in one matrix. */
const STACKED = { weight: 'in_proj_weight', bias: 'in_proj_bias' };

/**
 * Self-attention of x [n, t, c] as PyTorch's MultiheadAttention stores it → [n, t, c].
 * @throws bad-shape when c does not divide into the heads.
 */
export function stackedAttentionLayer(
  x: Value,
  scope: WeightScope,
  { heads, causal = false }: { readonly heads: number; readonly causal?: boolean },
): Value {
  const width = checkedWidth(x, heads, scope.path);
  const [q, k, v] = linearLayers(x, scope, width, 3, STACKED) as [Value, Value, Value];
  return linearLayer(attention(q, k, v, { heads, causal }), scope.at('out_proj'), width);
}

function checkedWidth(x: Value, heads: number, where: string): number {
  const width = x.shape[2] as number;
  if (Number.isInteger(heads) && width % heads === 0) return width;
  throw new DanqingError('bad-shape', {
    where,
    expected: `a width that divides into ${heads} attention heads`,
    found: `${width}`,
  });
}
