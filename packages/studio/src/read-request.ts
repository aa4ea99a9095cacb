import { DanqingError } from '@danqing/engine/errors';

/** A shape of the contract that can check what it is given. */
interface Shape<Value> {
  readonly shape: Readonly<Record<string, { toJSONSchema(options: { readonly io: 'input' }): unknown }>>;
  safeParse(
    input: unknown,
  ):
    | { readonly success: true; readonly data: Value }
    | { readonly success: false; readonly error: { readonly issues: readonly Issue[] } };
}

interface Issue {
  readonly path: readonly PropertyKey[];
}

/**
 * Checks a request as a person, a program or an old picture makes it, and fills in its defaults.
 * @throws bad-value naming the first field that is out of its range.
 */
export function readRequest<Value>(shape: Shape<Value>, input: unknown): Value {
  const result = shape.safeParse(input);
  if (result.success) return result.data;
  const path = result.error.issues[0]!.path.map(String);
  const value = path.reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], input);
  throw new DanqingError('bad-value', {
    where: path.join(' › '),
    expected: describe(schemaAt(shape, path)),
    found: show(value),
  });
}

function show(value: unknown): string {
  if (value === undefined) return 'none';
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

/** What a field's own schema says of it. */
interface FieldSchema {
  readonly type?: string | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly multipleOf?: number | undefined;
  readonly minLength?: number | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly prefixItems?: readonly unknown[] | undefined;
  readonly items?: FieldSchema | undefined;
  readonly properties?: Readonly<Record<string, FieldSchema>> | undefined;
}

/** The schema of a field, of fields within it too. */
function schemaAt(shape: Shape<unknown>, [name, ...within]: readonly string[]): FieldSchema {
  let schema = shape.shape[name!]!.toJSONSchema({ io: 'input' }) as FieldSchema;
  for (const key of within) schema = schema.properties?.[key] ?? itemOf(schema);
  return schema;
}

/** Of pairs the whole is told, of lists one item. */
const itemOf = (schema: FieldSchema): FieldSchema =>
  schema.prefixItems === undefined ? (schema.items ?? schema) : schema;

/** What a field can be, as a phrase. */
function describe({ type, minimum, maximum, multipleOf, minLength, enum: words, prefixItems }: FieldSchema): string {
  if (minLength !== undefined) return 'text that is not empty';
  if (words !== undefined) return `one of ${words.join(', ')}`;
  if (prefixItems !== undefined) return `two numbers, each ${describe(prefixItems[0] as FieldSchema)}`;
  const kinds: Record<string, string> = {
    integer: 'a whole number',
    number: 'a number',
    string: 'text',
    object: 'names with values',
    array: 'a list',
  };
  const kind = multipleOf === undefined ? (kinds[type ?? ''] ?? 'another value') : `a multiple of ${multipleOf}`;
  return minimum === undefined ? kind : `${kind} from ${minimum} to ${maximum}`;
}
