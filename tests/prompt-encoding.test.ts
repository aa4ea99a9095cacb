import { readFileSync } from 'node:fs';
import { sd1 } from '@danqing/engine/families/sd1';
import type { TextEncoderPart } from '@danqing/engine/family';
import type { Session } from '@danqing/engine/runtime';
import { chunkFeeds } from '@danqing/engine/text/chunk-feeds';
import type { PromptChunk } from '@danqing/engine/text/chunk-prompt';
import { encodePrompts } from '@danqing/engine/text/encode-prompts';
import type { EncodedPrompts, PromptEncoder } from '@danqing/engine/text/encode-prompts';
import { EncodingCache } from '@danqing/engine/text/encoding-cache';
import { promptDefaults } from '@danqing/engine/text/prompt-options';
import type { PromptOptions } from '@danqing/engine/text/prompt-options';
import { parsePrompts } from '@danqing/engine/text/prompt/parse-prompts';
import { createClipTokenizer } from '@danqing/engine/text/tokenizers/clip';
import { openOnCpu } from '@danqing/node/runtime/onnxruntime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { relativeError } from './relative-error.ts';
import { sharedData } from './shared-data.ts';
import { indexOf } from './stored-tensors.ts';

// Prompts through the bundled checkpoint's text encoder, against torch.

interface Case {
  prompt: string;
  clipSkip: number;
  emphasis: PromptOptions['emphasis'];
  steps: number;
  /** Some rows of each text's encoding, as base64 of float32. */
  contexts: string[];
}
const fixture = new URL('fixtures/text/prompt-encodings.json', import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, 'utf8')) as { rows: number[]; cases: Case[] };

const tokenizer = createClipTokenizer();
const sessions = new Map<number, Session>();
let part: TextEncoderPart;
let encoded: PromptChunk[];

beforeAll(async () => {
  const [encoder] = sd1.parts(await indexOf(sharedData('checkpoint/starter-emoji-128.safetensors'))).textEncoders();
  part = encoder!;
});
afterAll(async () => Promise.all([...sessions.values()].map(async (session) => session.release())));

function encoderWith(options: Partial<PromptOptions>, cache = new EncodingCache()): PromptEncoder {
  encoded = [];
  const encode: PromptEncoder['encode'] = async (chunks, clipSkip) => {
    encoded.push(...chunks);
    const session = sessions.get(clipSkip) ?? (await openOnCpu(part.graph(clipSkip), 'fast'));
    sessions.set(clipSkip, session);
    const { encoding } = await session.run(chunkFeeds(chunks, part.width));
    return encoding!;
  };
  const { tokens, layers, clipSkip } = part;
  return { tokenizer, tokens, layers, clipSkip, options: { ...promptDefaults, ...options }, encode, cache };
}

async function encodeOne(prompt: string, steps: number, encoder: PromptEncoder): Promise<EncodedPrompts> {
  const parsed = parsePrompts([prompt], [''], { stripComments: true, handledTagTypes: [] });
  return encodePrompts(parsed, [encoder], { steps });
}

describe('encodePrompts on the bundled checkpoint', () => {
  it.each(recorded.cases)('PR-05: $emphasis at CLIP skip $clipSkip encodes as torch: $prompt', async (expected) => {
    const { prompt, steps, contexts } = expected;
    const { conditioning } = await encodeOne(prompt, steps, encoderWith(expected));
    const schedule = conditioning[0]!.parts[0]!;
    const width = part.width;
    // Step 0 and 1 share an entry, so entry i is in force at step i + 1; two entries change after half of four steps.
    const stepOf = (i: number): number => (steps === contexts.length ? i + 1 : 3 * i);
    contexts.forEach((base64, i) => {
      const { shape, data } = schedule.at(stepOf(i));
      const rows = recorded.rows.length * (shape[0]! / 77);
      const found = Array.from({ length: rows }, (_, row) => {
        const chunk = Math.floor(row / recorded.rows.length);
        const start = (77 * chunk + recorded.rows[row % recorded.rows.length]!) * width;
        return [...data.subarray(start, start + width)];
      });
      const wanted = new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
      expect(relativeError(found.flat(), wanted), `entry ${i}`).toBeLessThan(1e-5);
    });
  });

  it('GEN-06: a CLIP skip beyond the layers is clamped, and said', async () => {
    const deepest = await encodeOne('red apple', 4, encoderWith({ clipSkip: 4 }));
    const beyond = await encodeOne('red apple', 4, encoderWith({ clipSkip: 12 }));
    const [a, b] = [deepest, beyond].map(({ conditioning }) => conditioning[0]!.parts[0]!.at(0).data);
    expect(a).toEqual(b);
    expect(deepest.report).toMatchObject({ clipSkip: 4, notes: [] });
    expect(beyond.report).toMatchObject({ clipSkip: 4, notes: [{ code: 'clip-skip-clamped' }] });
    const whole = await encodeOne('red apple', 4, encoderWith({ clipSkip: 1 }));
    expect(relativeError(whole.conditioning[0]!.parts[0]!.at(0).data, a!)).toBeGreaterThan(0.1);
  });

  it('encodes every chunk once, whatever else is encoded', async () => {
    const cache = new EncodingCache();
    const alone = await encodeOne('[cat|dog] (face:1.2) AND [cat|dog] (face:0.8)', 10, encoderWith({}, cache));
    expect(encoded.length).toBe(3);
    expect(alone.report.texts.map(({ role, text }) => [role, text])).toEqual([
      ['prompt', 'cat (face:1.2)'],
      ['prompt', 'dog (face:1.2)'],
      ['prompt', ' cat (face:0.8)'],
      ['prompt', ' dog (face:0.8)'],
      ['negative prompt', ''],
    ]);
    await encodeOne('cat face', 10, encoderWith({}, cache));
    expect(encoded).toEqual([]);
    await encodeOne('cat face', 10, encoderWith({ clipSkip: 2 }, cache));
    expect(encoded.length).toBe(2);
  });
});
