import { DanqingError } from '@danqing/engine/errors';

/** A shape that can check what it is given. */
interface Shape<Value> {
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: Value }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/**
 * Checks a request and fills in its defaults.
 * @throws bad-value naming the first field that is out of its range.
 */
export function readRequest<Value>(shape: Shape<Value>, input: unknown): Value {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const { path, message } = result.error.issues[0]!;
  throw new DanqingError('bad-value', {
    where: path.length === 0 ? 'request' : path.map(String).join(' › '),
    expected: 'a value that is allowed',
    found: message,
  });
}
