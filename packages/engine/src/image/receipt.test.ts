import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { DanqingError } from '../errors.ts';
import { describeReceipt } from './describe-receipt.ts';
import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';
import { makerNoteOf, printReceipt, readReceipt, RECEIPT_FORMAT, receiptFromMakerNote } from './receipt.ts';
import type { Receipt } from './receipt.ts';

const receipt: Receipt = {
  format: RECEIPT_FORMAT,
  engine: 'danqing-0.1.0',
  runtime: { name: 'onnxruntime-node 1.30.0', provider: 'cpu', mode: 'fast' },
  checkpoint: { name: 'starter-emoji-128', sha256: 'a'.repeat(64), tensorSha256: 'b'.repeat(64) },
  vae: { name: 'built-in', why: 'no other was chosen' },
  addOns: [{ kind: 'lora', name: 'detail', sha256: 'c'.repeat(64), weight: 0.7, matchedKeys: 264, totalKeys: 264 }],
  text: {
    prompt: { tokens: 80, chunks: 2 },
    negativePrompt: { tokens: 0, chunks: 1 },
    clipSkip: 2,
    ignoredTags: ['<unknown:x>'],
  },
  sampling: { samplerName: 'DPM++ 2M', scheduler: 'Karras', sigmas: 21, noise: 'nv', options: { etaAncestral: 1 } },
  parameters: {
    ...UNKNOWN_PARAMETERS,
    prompt: ' a cat \n\n',
    seed: 2n ** 64n - 1n,
    variation: { seed: 5n, strength: 0.5 },
    size: { width: 128, height: 128 },
    settings: { s_churn: 3 },
    extra: [['Own', '1']],
  },
  notes: ['CLIP skip 20 is more than the text encoder has; 12 was used.'],
  pixelSha256: 'd'.repeat(64),
  latentSha256: 'e'.repeat(64),
};

it('GEN-02: a receipt keeps everything that was applied, seeds of 64 bits and all white space included', () => {
  expect(readReceipt(printReceipt(receipt))).toEqual(receipt);
  const note = new TextDecoder().decode(makerNoteOf(printReceipt(receipt)));
  expect(readReceipt(receiptFromMakerNote(note)!)).toEqual(receipt);
  expect(receiptFromMakerNote('Canon')).toBeUndefined();
  expect(receiptFromMakerNote(undefined)).toBeUndefined();
});

it('first 2: tells people what was really applied', () => {
  expect(describeReceipt(receipt)).toEqual([
    ['Checkpoint', `starter-emoji-128, SHA-256 ${'a'.repeat(64)}, tensors ${'b'.repeat(64)}`],
    ['VAE', 'built-in: no other was chosen'],
    ['lora', `detail, SHA-256 ${'c'.repeat(64)}, weight 0.7, 264 of 264 keys applied`],
    ['Prompt', '80 tokens in 2 chunks'],
    ['Negative prompt', '0 tokens in 1 chunk'],
    ['CLIP skip', '2'],
    ['Ignored tags', '<unknown:x>'],
    ['Sampler', 'DPM++ 2M, Karras, 21 noise levels'],
    ['Noise', 'NV'],
    ['Options', 'etaAncestral 1'],
    ['Engine', 'danqing-0.1.0'],
    ['Runtime', 'onnxruntime-node 1.30.0, cpu, fast'],
    ['Pixels', 'd'.repeat(64)],
    ['Latent', 'e'.repeat(64)],
    ['Note', 'CLIP skip 20 is more than the text encoder has; 12 was used.'],
  ]);
  expect(describeReceipt({ format: 9 })).toEqual([]);
});

it('keeps fields of other versions and misses none of its own', () => {
  expect(readReceipt('{"format":7,"engine":"danqing-9.0.0","mood":"good"}')).toEqual({
    format: 7,
    engine: 'danqing-9.0.0',
    mood: 'good',
  });
  expect(readReceipt('{"format":1,"parameters":{"prompt":"a","seed":"3","mood":1,"steps":null}}').parameters).toEqual({
    ...UNKNOWN_PARAMETERS,
    prompt: 'a',
    seed: 3n,
  });
});

it.each([
  ['not JSON', 'receipt: expected JSON'],
  ['[]', 'receipt: expected a JSON object, found a list'],
  ['{}', 'receipt › format: expected a number, found nothing'],
  ['{"format":1,"pixelSha256":"abc"}', 'receipt › pixelSha256: expected 64 hexadecimal digits, found "abc"'],
  ['{"format":1,"checkpoint":{"sha256":"abc"}}', 'receipt › checkpoint › name: expected text, found nothing'],
  [
    '{"format":1,"text":{"prompt":{"tokens":1,"chunks":1},"negativePrompt":7}}',
    'receipt › text › negativePrompt: expected an object, found a number',
  ],
  ['{"format":1,"addOns":[{"name":"a"}]}', 'receipt › addOns[0] › kind: expected text'],
  ['{"format":1,"parameters":{"seed":"x"}}', 'receipt › parameters › seed: expected a whole number'],
  ['{"format":1,"parameters":{"rng":"TPU"}}', 'receipt › parameters › rng: expected one of GPU, CPU, NV'],
  ['{"format":1,"parameters":{"extra":[["a"]]}}', 'receipt › parameters › extra[0]: expected a key and a value'],
])('refuses %s', (text, message) => {
  expect(() => readReceipt(text)).toThrow(message);
});

test('any change of a receipt is read or refused, never worse', () => {
  const printed = printReceipt(receipt);
  fc.assert(
    fc.property(fc.nat(printed.length - 1), fc.string({ maxLength: 3 }), fc.nat(5), (at, put, taken) => {
      try {
        expect(typeof readReceipt(printed.slice(0, at) + put + printed.slice(at + taken)).format).toBe('number');
      } catch (error) {
        if (!(error instanceof DanqingError)) throw error;
      }
    }),
    { numRuns: 500 },
  );
});
