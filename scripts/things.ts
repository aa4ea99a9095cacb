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
    kind: 'sampler',
    folder: 'packages/engine/src/sampling/samplers',
    next: [
      'Write its steps, and name the paper or the program that they are from.',
      'Add its known answer to samplers.test.ts, and record runs of the original with a script in tests/oracles.',
    ],
  },
  {
    kind: 'schedule',
    folder: 'packages/engine/src/sampling/schedules',
    next: [
      'Write its rule, and name the paper or the program that it is from.',
      'Compare its levels with those of the original for several numbers of steps: a script in tests/oracles.',
    ],
  },
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
  {
    kind: 'family',
    folder: 'packages/engine/src/families',
    next: [
      'Say what its files have and lack, so that no other family fits them.',
      'Read its sizes off tensor shapes, and hand out its parts (packages/engine/src/parts).',
      'Prove it without weights: the names and shapes of each variant, recognised and read back.',
    ],
  },
  {
    kind: 'command',
    folder: 'apps/cli/src/commands',
    next: [
      'Put its words into every language of apps/cli/src/messages.',
      'Name the rows that it opens a door to behind @rows, and ask the studio for what it does.',
      'Run it as a person would: npm start -- help <name>',
    ],
  },
];
