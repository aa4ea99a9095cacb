import { families } from '@danqing/engine/families/index';
import { identify } from '@danqing/engine/identify/identify';
import { kinds } from '@danqing/engine/identify/kinds/index';
import { layouts } from '@danqing/engine/identify/layouts/index';
import { signatures } from '@danqing/engine/identify/signatures/index';
import { holds } from '@danqing/engine/weights/evidence';
import { describe, expect, it } from 'vitest';
import { addOnExamples } from './examples/add-ons.ts';
import { checkpointExamples } from './examples/checkpoints.ts';
import type { Example } from './examples/example.ts';
import { otherExamples } from './examples/others.ts';

// Every kind, family, variant, layout and algorithm: made as names and shapes, recognised, compared.

const examples: readonly Example[] = [...checkpointExamples(), ...addOnExamples(), ...otherExamples()];

/** What an example expects, read off an identification. */
function found({ index, fileName, expected }: Example): Example['expected'] {
  const sizeBytes = [...index.tensors.values()].reduce((sum, { length }) => sum + length, 1000);
  const {
    kind,
    recognisedBy,
    families: of,
    variant,
    weightSet,
    missing,
    addOn,
  } = identify(index, { fileName, sizeBytes });
  const all = {
    kind,
    recognisedBy: recognisedBy ?? 'nothing',
    families: of.map(({ id }) => id).sort(),
    variant: variant?.id,
    weightSet: weightSet?.id,
    missing: missing.map(({ id }) => id),
    algorithms: addOn?.algorithms.map(({ id }) => id),
    rank: addOn?.ranks[0]?.rank,
    targets: addOn?.targets.map(({ id }) => id).sort(),
  };
  return Object.fromEntries(
    Object.entries(all).filter(
      ([name]) => expected[name as keyof Example['expected']] !== undefined || name === 'variant',
    ),
  ) as unknown as Example['expected'];
}

describe('LIB-01: the eight kinds and all others are told apart', () => {
  it.each(examples.map((example) => [example.name, example] as const))('%s', (_, example) => {
    const { expected } = example;
    expect(found(example)).toEqual({
      ...expected,
      variant: expected.variant,
      ...(expected.families && { families: [...expected.families].sort() }),
      ...(expected.targets && { targets: [...expected.targets].sort() }),
    });
    expect(identify(example.index, { fileName: example.fileName, sizeBytes: 1 }).damage).toEqual([]);
  });
});

describe('what recognises files', () => {
  it('are statements that exclude each other: no file is two things', () => {
    const all = [
      ...Object.values(signatures).map(({ id, evidence }) => ({ id: `signature ${id}`, evidence })),
      ...Object.values(families).flatMap(({ id, layouts: ways }) =>
        ways.map((way) => ({ id: `family ${id}, ${way.id}`, evidence: way.evidence })),
      ),
    ];
    const double = examples.flatMap(({ name, index }) => {
      const fitting = all.filter(({ evidence }) => evidence.every((one) => holds(one, index)));
      return fitting.length > 1 ? [`${name}: ${fitting.map(({ id }) => id).join(' and ')}`] : [];
    });
    expect(double).toEqual([]);
  });

  it('are all shown by an example', () => {
    const shown = new Set(examples.map(({ expected }) => expected.recognisedBy));
    const bare = [...Object.values(signatures), ...Object.values(families), ...Object.values(layouts)]
      .map(({ id }) => id)
      .filter((id) => !shown.has(id));
    expect(bare).toEqual([]);
    const kindsShown = new Set(examples.map(({ expected }) => expected.kind));
    expect(Object.values(kinds).filter(({ id }) => !kindsShown.has(id))).toEqual([]);
  });

  it('have ids that are the names of their files', () => {
    const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    for (const registry of [signatures, layouts, kinds, families]) {
      for (const [name, { id }] of Object.entries(registry))
        expect(kebab(name).replaceAll('-', '')).toBe(id.replaceAll('-', ''));
    }
  });
});
