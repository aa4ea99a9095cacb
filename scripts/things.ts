/** A kind of thing that is added as one file beside its like: `npm run new -- <kind> <name>`. */
export interface Thing {
  /** As typed; its templates are `templates/<kind>.ts.txt` and, where it has a test of its own, `<kind>.test.ts.txt`. */
  readonly kind: string;
  /** A registry folder, from the root of the repository. */
  readonly folder: string;
  /** What is left to do by hand, one sentence each. */
  readonly next: readonly string[];
}

export const things: readonly Thing[] = [
  {
    kind: 'op',
    folder: 'packages/engine/src/graph/ops',
    next: [
      'Write its shape rule, gradient, reference and ONNX form, and the examples it is proved on.',
      'Prove it: npx vitest run packages/engine/src/graph',
    ],
  },
  {
    kind: 'format',
    folder: 'packages/engine/src/weights/formats',
    next: [
      'Read its directory, never its tensors, and check every rule that a damaged or hostile file could break.',
      'Prove it on files that another program wrote: a script in tests/oracles, its results in tests/fixtures.',
    ],
  },
];
