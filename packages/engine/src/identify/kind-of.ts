import type { KindId } from './identification.ts';
import type { Kind } from './kind.ts';
import { kinds } from './kinds/index.ts';

const byId: ReadonlyMap<string, Kind> = new Map(Object.values(kinds).map((kind: Kind) => [kind.id, kind]));

/** The kind of an id. */
export function kindOf(id: Exclude<KindId, 'unknown'>): Kind {
  const kind = byId.get(id);
  if (kind === undefined) throw new Error(`there is no kind ${id}`);
  return kind;
}
