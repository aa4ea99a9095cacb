import type { Example } from './example.ts';
import { make } from './make-example.ts';

/** Embeddings, aesthetic gradients, hypernetworks. */
export function* embeddingExamples(): Generator<Example> {
  for (const [width, family] of [
    [768, 'sd1'],
    [1024, 'sd2'],
  ] as const) {
    const of = { kind: 'embedding', families: [family] };
    yield make(
      `embedding of A1111, ${width}`,
      { 'string_to_param.*': [8, width] },
      { ...of, recognisedBy: 'a1111-embedding' },
      { format: 'torch zip', fileName: 'word.pt' },
    );
    yield make(`embedding of kohya, ${width}`, { emb_params: [4, width] }, { ...of, recognisedBy: 'kohya-embedding' });
    yield make(
      `embedding of diffusers, ${width}`,
      { '<my-lora-word>': [width] },
      { ...of, recognisedBy: 'diffusers-embedding' },
    );
    yield make(
      `embeddings of diffusers, ${width}`,
      { '<one>': [width], '<two>': [3, width] },
      { ...of, recognisedBy: 'diffusers-embedding' },
    );
  }
  yield make(
    'embedding for SDXL',
    { clip_l: [2, 768], clip_g: [2, 1280] },
    { kind: 'embedding', recognisedBy: 'sdxl-embedding', families: ['sdxl'] },
  );
  yield make(
    'embedding for a small model',
    { 'string_to_param.*': [2, 128] },
    { kind: 'embedding', recognisedBy: 'a1111-embedding', families: [] },
  );
  const torch = { format: 'torch zip', fileName: 'mood.pt' };
  yield make(
    'aesthetic gradient',
    { 0: [1, 768] },
    { kind: 'aesthetic-gradient', recognisedBy: 'aesthetic-gradient' },
    torch,
  );
  yield make(
    'aesthetic gradient without an axis',
    { 0: [768] },
    { kind: 'aesthetic-gradient', recognisedBy: 'aesthetic-gradient' },
    torch,
  );
  for (const [width, family, inner] of [
    [768, 'sd1', 'linear.0'],
    [1024, 'sd2', 'linear.0'],
    [768, 'sd1', 'linear1'],
  ] as const) {
    const shapes = Object.fromEntries(
      [width, 320, 640, 1280].flatMap((size) =>
        [0, 1].flatMap((net) => [
          [`${size}.${net}.${inner}.weight`, [2 * size, size]],
          [
            `${size}.${net}.${inner.replace('0', '1').replace('1', inner === 'linear1' ? '2' : '1')}.weight`,
            [size, 2 * size],
          ],
        ]),
      ),
    );
    yield make(
      `hypernetwork, ${width}, ${inner}`,
      shapes,
      { kind: 'hypernetwork', recognisedBy: 'hypernetwork', families: [family] },
      { format: 'torch zip', fileName: 'style.pt', extras: new Map([['layer_structure', [1, 2, 1]]]) },
    );
  }
}

/** What training leaves beside models. */
export function* stateExamples(): Generator<Example> {
  const state = { kind: 'training-state', recognisedBy: 'training-state' };
  yield make('state of an optimizer', { 'state.0.exp_avg': [4, 320], 'state.0.exp_avg_sq': [4, 320] }, state, {
    format: 'torch zip',
    fileName: 'optimizer.bin',
  });
  yield make('state beside an embedding', { 'optimizer_state_dict.state.0.exp_avg': [8, 768] }, state, {
    format: 'torch zip',
    fileName: 'word.pt.optim',
    extras: new Map([['hash', 'abc']]),
  });
  yield make('state without tensors', {}, state, {
    format: 'torch zip',
    fileName: 'style.pt.optim',
    extras: new Map([['optimizer_state_dict', new Map()]]),
  });
}
