import type { DatabaseSyncInstance } from '@photostructure/sqlite';
import { hashColumns, type StoredHashes } from './hash-table.ts';

/** A model as the database keeps it; `facts`, `sides` and `notices` are JSON. */
export interface ModelRow {
  readonly path: string;
  readonly name: string;
  readonly folder: string;
  readonly root: string;
  readonly stamp: string;
  readonly sideStamp: string;
  readonly sizeBytes: number;
  readonly changedMs: number;
  readonly kind: string;
  /** Ids of the families it belongs to or fits, each between blanks: ` sd1 `. */
  readonly families: string;
  readonly category: string | null;
  readonly facts: string;
  readonly sides: string;
  readonly notices: string;
  /** Folded text that a search looks through. */
  readonly words: string;
}

/** A row as lists need it, with what is joined to it. */
export type FoundRow = Omit<ModelRow, 'facts' | 'words'> & StoredHashes & { readonly away: 0 | 1 };

/** Which rows, and in which order. */
export interface RowQuery {
  readonly kinds?: readonly string[] | undefined;
  readonly families?: readonly string[] | undefined;
  readonly category?: string | undefined;
  readonly root?: string | undefined;
  /** Folded words, all of which must occur. */
  readonly words?: readonly string[] | undefined;
  readonly sort?: RowOrder | undefined;
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

const ORDERS = {
  name: 'name COLLATE NOCASE, path',
  path: 'path',
  newest: 'changed_ms DESC, path',
  oldest: 'changed_ms, path',
  largest: 'size_bytes DESC, path',
  smallest: 'size_bytes, path',
  kind: 'kind, name COLLATE NOCASE, path',
} as const;

export type RowOrder = keyof typeof ORDERS;

/** What is needed of a row to see whether it still holds. */
export type RowStamp = Pick<ModelRow, 'path' | 'name' | 'folder' | 'root' | 'stamp' | 'sideStamp'> & {
  readonly away: 0 | 1;
};

/** Models by path. */
export class ModelTable {
  readonly #database: DatabaseSyncInstance;

  constructor(database: DatabaseSyncInstance) {
    this.#database = database;
  }

  stamps(): RowStamp[] {
    const sql = 'SELECT path, name, folder, root, stamp, side_stamp AS sideStamp, away FROM models';
    return this.#database.prepare(sql).all() as RowStamp[];
  }

  /** Adds rows or replaces those of the same path, all or none. */
  put(rows: readonly ModelRow[]): void {
    const columns = Object.values(COLUMNS);
    const sql = `INSERT OR REPLACE INTO models (${columns.join()}, away) VALUES (${columns.map(() => '?').join()}, 0)`;
    this.#change(sql, rows, (row) => ROW_KEYS.map((key) => row[key]));
  }

  remove(paths: readonly string[]): void {
    this.#change('DELETE FROM models WHERE path = ?', paths, (path) => [path]);
  }

  /** Notes whether models are out of reach because their drive is. */
  setAway(paths: readonly string[], away: boolean): void {
    this.#change('UPDATE models SET away = ? WHERE path = ?', paths, (path) => [away ? 1 : 0, path]);
  }

  find(query: RowQuery): FoundRow[] {
    const { where, values } = conditionsOf(query);
    const { sort = 'name', limit = -1, offset = 0 } = query;
    const sql = `${SELECT} ${where} ORDER BY ${ORDERS[sort]} LIMIT ? OFFSET ?`;
    return this.#select(sql, [...values, limit, offset]);
  }

  count(query: RowQuery): number {
    const { where, values } = conditionsOf(query);
    const row = this.#database.prepare(`SELECT count(*) AS count FROM models ${where}`).get(...values);
    return (row as { count: number }).count;
  }

  get(path: string): FoundRow | undefined {
    return this.#select(`${SELECT} WHERE path = ?`, [path])[0];
  }

  /** What a model's file says of itself, as JSON; undefined when the model is no longer there. */
  factsOf(path: string): string | undefined {
    const row = this.#database.prepare('SELECT facts FROM models WHERE path = ?').get(path);
    return (row as { readonly facts: string } | undefined)?.facts;
  }

  /** Models with a hash that begins so, whichever hash it is. */
  findByHash(digits: string): FoundRow[] {
    const names = hashColumns.map((column) => `(${column} >= ?1 AND ${column} < ?2)`).join(' OR ');
    return this.#select(`${SELECT} WHERE ${names} ORDER BY path`, [digits, `${digits}g`]);
  }

  /** Models whose tensors are those of another model, the same ones together. */
  findSameTensors(): FoundRow[] {
    const twice =
      'SELECT tensors FROM models JOIN hashes USING (stamp) WHERE tensors IS NOT NULL GROUP BY tensors HAVING count(*) > 1';
    return this.#select(`${SELECT} WHERE tensors IN (${twice}) ORDER BY tensors, path`, []);
  }

  /** Paths of models whose hashes are not known yet, the small ones first. */
  findWithoutHashes(limit: number): { readonly path: string; readonly stamp: string }[] {
    const sql = `SELECT path, stamp FROM models LEFT JOIN hashes USING (stamp)
      WHERE away = 0 AND stamp <> '' AND complete IS NOT 1 ORDER BY size_bytes LIMIT ?`;
    return this.#database.prepare(sql).all(limit) as { path: string; stamp: string }[];
  }

  countWithoutHashes(): { readonly models: number; readonly bytes: number } {
    const sql = `SELECT count(*) AS models, coalesce(sum(size_bytes), 0) AS bytes
      FROM models LEFT JOIN hashes USING (stamp) WHERE away = 0 AND stamp <> '' AND complete IS NOT 1`;
    return this.#database.prepare(sql).get() as { models: number; bytes: number };
  }

  #select(sql: string, values: readonly (string | number)[]): FoundRow[] {
    return this.#database.prepare(sql).all(...values) as FoundRow[];
  }

  #change<T>(sql: string, items: readonly T[], valuesOf: (item: T) => (string | number | null)[]): void {
    if (items.length === 0) return;
    const statement = this.#database.prepare(sql);
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      for (const item of items) statement.run(...valuesOf(item));
      this.#database.exec('COMMIT');
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}

const COLUMNS: Readonly<Record<keyof ModelRow, string>> = {
  path: 'path',
  name: 'name',
  folder: 'folder',
  root: 'root',
  stamp: 'stamp',
  sideStamp: 'side_stamp',
  sizeBytes: 'size_bytes',
  changedMs: 'changed_ms',
  kind: 'kind',
  families: 'families',
  category: 'category',
  facts: 'facts',
  sides: 'sides',
  notices: 'notices',
  words: 'words',
};

const ROW_KEYS = Object.keys(COLUMNS) as (keyof ModelRow)[];

const SELECT = `SELECT ${ROW_KEYS.filter((key) => key !== 'words' && key !== 'facts')
  .map((key) => `models.${COLUMNS[key]} AS ${key}`)
  .join()}, away, ${hashColumns.join()}, complete FROM models LEFT JOIN hashes USING (stamp)`;

function conditionsOf({ kinds, families, category, root, words = [] }: RowQuery) {
  const conditions: string[] = [];
  const values: (string | number)[] = [];
  const add = (condition: string, ...more: readonly string[]): void => {
    conditions.push(condition);
    values.push(...more);
  };
  if (kinds !== undefined) add(`kind IN (${kinds.map(() => '?').join()})`, ...kinds);
  if (families !== undefined) {
    const fits = families.map(() => 'instr(families, ?) > 0').join(' OR ');
    add(`(${fits === '' ? '0' : fits})`, ...families.map((family) => ` ${family} `));
  }
  if (category !== undefined) add('category = ?', category);
  if (root !== undefined) add('root = ?', root);
  for (const word of words) add('instr(words, ?) > 0', word);
  return { where: conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`, values };
}
