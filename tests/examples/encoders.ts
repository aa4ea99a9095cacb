import { below, type Example } from './example.ts';
import { make, recorded } from './make-example.ts';
import { clipGShapes, clipLShapes, openClipGShapes, openClipHShapes } from './networks.ts';

/** Encoders of text and pictures. */
export function* encoderExamples(): Generator<Example> {
  const of = { kind: 'text-encoder', recognisedBy: 'clip-text' };
  yield make('CLIP-L', below('text_model.', clipLShapes()), { ...of, variant: 'clip-l' });
  yield make('CLIP-bigG', below('text_model.', clipGShapes()), { ...of, variant: 'openclip-g' });
  yield make('OpenCLIP-H', openClipHShapes(), {
    kind: 'text-encoder',
    recognisedBy: 'openclip-text',
    variant: 'openclip-h',
  });
  yield make('OpenCLIP-bigG', openClipGShapes(), {
    kind: 'text-encoder',
    recognisedBy: 'openclip-text',
    variant: 'openclip-g',
  });
  for (const [name, variant] of [
    ['clip-l', 'clip-l'],
    ['clip-h', 'openclip-h'],
    ['clip-g', 'openclip-g'],
    ['clip-l both', 'both'],
  ] as const)
    yield recorded(`transformers ${name}`, { ...of, variant });
  yield recorded('transformers t5-xxl', { kind: 'text-encoder', recognisedBy: 't5-encoder', variant: 't5-xxl' });
  yield recorded('transformers umt5-xxl', { kind: 'text-encoder', recognisedBy: 't5-encoder', variant: 'umt5-xxl' });
  yield make(
    'T5 of ggml',
    { 'enc.blk.0.attn_q.weight': [4096, 4096], 'token_embd.weight': [32_128, 4096] },
    { kind: 'text-encoder', recognisedBy: 't5-encoder', variant: 't5-xxl' },
    { format: 'GGUF', fileName: 't5.gguf' },
  );
  yield recorded('transformers llama', { kind: 'text-encoder', recognisedBy: 'language-model' });
  yield recorded('transformers gemma2', { kind: 'text-encoder', recognisedBy: 'language-model' });
  yield recorded('transformers clip-vision-h', {
    kind: 'vision-encoder',
    recognisedBy: 'clip-vision',
    variant: 'clip-h',
  });
  yield recorded('transformers blip', { kind: 'captioner', recognisedBy: 'blip' });
  yield make(
    'Redux',
    { 'redux_up.weight': [12_288, 1152], 'redux_down.weight': [4096, 12_288] },
    { kind: 'ip-adapter', recognisedBy: 'redux', families: ['flux1'] },
  );
  yield make(
    'safety checker',
    {
      concept_embeds: [17, 768],
      special_care_embeds: [3, 768],
      'vision_model.vision_model.encoder.layers.0.self_attn.k_proj.weight': [1024, 1024],
    },
    { kind: 'safety-checker', recognisedBy: 'safety-checker' },
  );
}
