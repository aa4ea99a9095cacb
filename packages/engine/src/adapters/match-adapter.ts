import { DanqingError } from '../errors.ts';
import { input, type Value, weight, weightRows } from '../graph/value.ts';
import type { AdapterFile, FileModule } from './adapter-file.ts';
import type { AdapterKind } from './adapter-kind.ts';
import type { BaseModule, BaseModules, BasePart } from './base-modules.ts';
import { countedModules } from './counted-modules.ts';
import { kinds } from './kinds/index.ts';
import { type DeltaOptions, moduleDelta } from './module-delta.ts';

/** A module of an adapter and the layer that it changes. */
export interface MatchedModule {
  readonly base: BaseModule;
  readonly kind: AdapterKind;
  readonly module: FileModule;
}

/** Keys of an adapter that have no effect, and why. */
export interface LeftOut {
  readonly keys: readonly string[];
  readonly reason: 'no such layer' | 'other sizes' | 'incomplete' | 'unknown key';
  /** The reason in words, with the module. */
  readonly says: string;
}

/** An adapter laid on a checkpoint: which of its modules find a layer that they fit. */
export interface MatchedAdapter {
  readonly adapter: AdapterFile;
  readonly modules: readonly MatchedModule[];
  readonly leftOut: readonly LeftOut[];
  /** Keys that have an effect, of `adapter.keyCount`. */
  readonly matchedKeys: number;
}

const byId: ReadonlyMap<string, AdapterKind> = new Map(Object.values(kinds).map((kind) => [kind.id, kind]));

/** The kind of a module; undefined for one that is known by its keys alone. */
export const kindOf = ({ algorithm }: FileModule): AdapterKind | undefined => byId.get(algorithm.id);

/** Finds the layer of every module; nothing is read. */
export function matchAdapter(adapter: AdapterFile, base: BaseModules): MatchedAdapter {
  const counted = countedModules(adapter, base);
  const modules: MatchedModule[] = [];
  const leftOut: LeftOut[] = [];
  let matchedKeys = 0;
  for (const module of adapter.modules) {
    const found = counted?.get(module) ?? base.find(module.target as BasePart, module.path);
    const kind = kindOf(module);
    const trouble = findTrouble(module, kind, found);
    if (trouble !== undefined) {
      leftOut.push({ keys: [...module.keys.values()], ...trouble });
      continue;
    }
    const idle = [...module.tensors.keys()].filter((role) => !kind!.reads.includes(role) && !MAGNITUDES.has(role));
    if (idle.length > 0) {
      const says = `${module.name}: ${idle.join(', ')} is no part of ${kind!.id}`;
      leftOut.push({ keys: idle.map((role) => module.keys.get(role)!), reason: 'unknown key', says });
    }
    matchedKeys += module.keys.size - idle.length;
    modules.push({ base: found!, kind: kind!, module });
  }
  if (adapter.strangers.length > 0) {
    leftOut.push({
      keys: adapter.strangers,
      reason: 'unknown key',
      says: `${adapter.strangers[0]} is no key of an add-on`,
    });
  }
  return { adapter, modules, leftOut, matchedKeys };
}

/** Tensors that belong to every kind. */
const MAGNITUDES: ReadonlySet<string> = new Set(['dora_scale', 'magnitude']);

/** The layer's weight as a value: the rows that are its own. */
export function baseWeight({ weight: entry, third }: BaseModule): Value {
  if (third === undefined) return weight(entry);
  const rows = entry.shape[0]! / 3;
  return weightRows(entry, third * rows, (third + 1) * rows);
}

/** What a module adds to its layer at strength 1. @throws bad-shape when it does not fit. */
export const matchedDelta = ({ base, kind, module }: MatchedModule, options: DeltaOptions): Value | undefined =>
  moduleDelta(kind, baseWeight(base), module, options);

function findTrouble(
  module: FileModule,
  kind: AdapterKind | undefined,
  base: BaseModule | undefined,
): Omit<LeftOut, 'keys'> | undefined {
  const faults = module.algorithm.faults(module.shapes);
  if (kind === undefined || faults.length > 0) {
    return { reason: 'incomplete', says: `${module.name}: ${faults.join(', ') || module.algorithm.id}` };
  }
  if (base === undefined) return { reason: 'no such layer', says: `${module.name}: the checkpoint has no such layer` };
  try {
    const shape = baseWeight(base).shape;
    moduleDelta(kind, input('base', shape), module);
    const bias = kind.biasDelta?.(module);
    if (bias === undefined) return undefined;
    const [wanted, found] = [base.bias && [shape[0]], bias.shape];
    if (wanted !== undefined && wanted[0] === found[0] && found.length === 1) return undefined;
    return { reason: 'other sizes', says: `${module.name}: its bias fits no bias of ${base.name}` };
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
    const { expected, found } = error.trouble;
    return { reason: 'other sizes', says: `${module.name}: expected ${expected}, found ${found}` };
  }
}
