import { type Recipe, recipe, type RecipeInput } from '@danqing/contract/recipe';
import { DanqingError } from '@danqing/engine/errors';

/**
 * Checks a recipe as a person, a program or an old picture gives it, and fills in the defaults.
 * @throws bad-value naming the first field that is out of its range.
 */
export function readRecipe(input: RecipeInput): Recipe {
  const result = recipe.safeParse(input);
  if (result.success) return result.data;
  const path = result.error.issues[0]!.path.map(String);
  const value = path.reduce<unknown>((found, key) => (found as Record<string, unknown>)[key], input);
  throw new DanqingError('bad-value', {
    where: path.join(' › '),
    expected: describe(schemaAt(path)),
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
  readonly properties?: Readonly<Record<string, FieldSchema>> | undefined;
}

/** The schema of a field, of fields within it too; of lists that of the whole. */
function schemaAt([name, ...within]: readonly string[]): FieldSchema {
  let schema = recipe.shape[name as keyof typeof recipe.shape].toJSONSchema({ io: 'input' }) as FieldSchema;
  for (const key of within) schema = schema.properties?.[key] ?? schema;
  return schema;
}

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
  };
  const kind = multipleOf === undefined ? (kinds[type ?? ''] ?? 'another value') : `a multiple of ${multipleOf}`;
  return minimum === undefined ? kind : `${kind} from ${minimum} to ${maximum}`;
}
