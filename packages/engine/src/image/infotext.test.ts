import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { UNKNOWN_PARAMETERS } from './generation-parameters.ts';
import type { GenerationParameters } from './generation-parameters.ts';
import { hasInfotextParameters, parseInfotext, writeInfotext } from './infotext.ts';
import { stripPython } from './python-text.ts';
import { RECORDED_SETTINGS } from './recorded-settings.ts';
import type { RecordedSetting, SettingName, SettingValue } from './recorded-settings.ts';

const full: GenerationParameters = {
  ...UNKNOWN_PARAMETERS,
  prompt: 'a (red:1.2) cat, <lora:detail:0.7>\nsecond line',
  negativePrompt: 'lowres',
  steps: 20,
  samplerName: 'DPM++ 2M',
  scheduler: 'Karras',
  cfgScale: 7,
  seed: 1n,
  size: { width: 512, height: 768 },
  model: { hash: '6ce0161689', name: 'v1-5-pruned-emaonly' },
  vae: { hash: 'c6a580b13a', name: 'vae-ft-mse-840000-ema-pruned.ckpt' },
  variation: { seed: 12n, strength: 0.25 },
  seedResizeFrom: { width: 640, height: 512 },
  denoisingStrength: 0.55,
  clipSkip: 2,
  rng: 'NV',
  hires: { upscale: 2, steps: 10, upscaler: 'Latent', prompt: 'a cat, detailed' },
  loraHashes: [{ name: 'detail', hash: '7c6bad76eb54' }],
  tiHashes: [{ name: 'easynegative', hash: 'c74b4e810b03' }],
  settings: {
    eta_noise_seed_delta: 31337,
    emphasis: 'No norm',
    s_churn: 5,
    beta_dist_alpha: 0.5,
    comma_padding_backtrack: 0,
  },
  version: 'danqing-0.1.0',
};

describe('writing', () => {
  it('writes the keys of A1111 in its order and form', () => {
    expect(writeInfotext(full)).toBe(
      [
        'a (red:1.2) cat, <lora:detail:0.7>',
        'second line',
        'Negative prompt: lowres',
        'Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1, Size: 512x768, ' +
          'Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: c6a580b13a, VAE: vae-ft-mse-840000-ema-pruned.ckpt, ' +
          'Variation seed: 12, Variation seed strength: 0.25, Seed resize from: 640x512, Denoising strength: 0.55, ' +
          'Clip skip: 2, ENSD: 31337, RNG: NV, Hires prompt: "a cat, detailed", Hires upscale: 2, Hires steps: 10, ' +
          'Hires upscaler: Latent, Lora hashes: "detail: 7c6bad76eb54", TI hashes: "easynegative: c74b4e810b03", ' +
          'Emphasis: No norm, Beta schedule alpha: 0.5, Sigma churn: 5, Comma backtrack: 0, Version: danqing-0.1.0',
      ].join('\n'),
    );
  });

  it('writes again, byte for byte, what A1111 wrote, with RNG added', () => {
    const original =
      'a circle\nNegative prompt: a square\nSteps: 20, Sampler: Euler, Schedule type: Automatic, CFG scale: 7, ' +
      'Seed: 2015833630, Size: 64x64, Model hash: 15012c538f, Model: realisticVisionV51_v51VAE, Clip skip: 2, ' +
      'RNG: GPU, Version: v1.9.4-169-ga30b19dd';
    expect(writeInfotext(parseInfotext(original.replace('RNG: GPU, ', '')))).toBe(original);
  });

  it('leaves the line of an empty negative prompt out, and an empty prompt', () => {
    expect(writeInfotext({ ...UNKNOWN_PARAMETERS, steps: 4, seed: 0n, rng: 'CPU' })).toBe(
      'Steps: 4, Seed: 0, RNG: CPU',
    );
  });

  it('records every setting that is not at its default, and none that is', () => {
    for (const [name, recorded] of Object.entries(RECORDED_SETTINGS) as [SettingName, RecordedSetting][]) {
      const other =
        typeof recorded.default === 'boolean'
          ? !recorded.default
          : typeof recorded.default === 'number'
            ? 3.5
            : 'other';
      const written = (value: SettingValue): string =>
        writeInfotext({ ...full, settings: { [name]: value } })
          .split('\n')
          .at(-1)!;
      const text = other === true ? 'True' : other === false ? 'False' : String(other);
      expect(written(other)).toContain(`, ${recorded.key}: ${text},`);
      expect(written(recorded.default)).not.toContain(`, ${recorded.key}:`);
    }
  });
});

describe('reading', () => {
  const line = (text: string): GenerationParameters => parseInfotext(`p\nSteps: 20, Sampler: Euler, Seed: 1, ${text}`);

  it('DL-08, UI-08: gives the values that A1111 assumes for keys that are missing', () => {
    const read = parseInfotext(
      'cat\nSteps: 20, Sampler: Euler a, CFG scale: 7.5, Seed: 965400086, Size: 512x512, Model hash: 45dee52b',
    );
    expect(read).toEqual({
      ...UNKNOWN_PARAMETERS,
      prompt: 'cat',
      steps: 20,
      samplerName: 'Euler a',
      scheduler: 'Automatic',
      cfgScale: 7.5,
      seed: 965400086n,
      size: { width: 512, height: 512 },
      model: { hash: '45dee52b' },
      clipSkip: 1,
      rng: 'GPU',
    });
  });

  it('takes a last line with fewer than three pairs for prompt', () => {
    expect(parseInfotext('cat\nSteps: 20, Seed: 1')).toEqual({
      ...UNKNOWN_PARAMETERS,
      prompt: 'cat\nSteps: 20, Seed: 1',
    });
    expect(hasInfotextParameters('cat\nSteps: 20, Seed: 1')).toBe(false);
    expect(hasInfotextParameters('cat\nSteps: 20, Seed: 1, Sampler: LMS')).toBe(true);
    expect(parseInfotext('')).toEqual(UNKNOWN_PARAMETERS);
  });

  it('keeps the lines of both prompts and drops blank ones before them', () => {
    const read = parseInfotext('\n\n a \n\nb\nNegative prompt:\n\nc \nd\nSteps: 1, Sampler: LMS, Seed: 2');
    expect([read.prompt, read.negativePrompt]).toEqual(['a\n\nb', 'c\nd']);
  });

  it.each([
    ['DPM++ 2M Karras', 'DPM++ 2M', 'Karras'],
    ['DPM++ 2M SDE Exponential', 'DPM++ 2M SDE', 'Exponential'],
    ['Euler a', 'Euler a', 'Automatic'],
    ['Euler SGM Uniform', 'Euler', 'SGM Uniform'],
    ['DDIM', 'DDIM', 'Automatic'],
  ])('GEN-11: splits the joined name %s', (joined, samplerName, scheduler) => {
    expect(line(`Sampler: ${joined}`)).toMatchObject({ samplerName, scheduler });
  });

  it('switches old behaviour on by the version', () => {
    const settings = (text: string, prompt = '[a:b:3]'): object =>
      parseInfotext(`${prompt}\nSteps: 20, Seed: 1, ${text}`).settings;
    expect(settings('Sampler: DDIM, Version: v1.5.2')).toEqual({
      use_old_scheduling: true,
      pad_cond_uncond_v0: true,
      use_downcasted_alpha_bar: true,
    });
    expect(settings('Sampler: Euler, Version: v1.5.2', 'plain')).toEqual({ use_downcasted_alpha_bar: true });
    expect(settings('Sampler: DDIM, Version: v1.6.0')).toEqual({ use_downcasted_alpha_bar: true });
    expect(settings('Sampler: DDIM, Version: 1.6.0-RC-12-gabcdef0')).toMatchObject({ use_old_scheduling: true });
    expect(settings('Sampler: Euler, Version: v1.7.0-224-gabcdef0')).toEqual({ use_downcasted_alpha_bar: true });
    expect(settings('Sampler: Euler, Version: v1.7.0-225-gabcdef0')).toEqual({});
    expect(settings('Sampler: Euler, Refiner: xl [1], Version: v1.7.0-300-gabcdef0')).toEqual({
      refiner_switch_by_sample_steps: true,
    });
    for (const version of ['v1.8.0', 'v1.10.1', 'danqing-0.1.0', 'f2.0.1v1.10.1-previous-659-gc055f2d4', 'neo', '']) {
      expect(settings(`Sampler: DDIM, Version: ${version}`)).toEqual({});
    }
    expect(settings('Sampler: DDIM')).toEqual({});
  });

  it('reads both spellings of the beta schedule', () => {
    expect(line('Beta schedule alpha: 0.5, Beta scheduler beta: 0.7').settings).toEqual({
      beta_dist_alpha: 0.5,
      beta_dist_beta: 0.7,
    });
  });

  it('turns old hypernetwork keys into a tag, and old first passes into a second pass', () => {
    expect(line('Hypernet: style, Hypernet strength: 0.5').prompt).toBe('p<hypernet:style:0.5>');
    expect(line('Size: 1024x768, First pass size: 0x0')).toMatchObject({
      size: { width: 640, height: 448 },
      hires: { resize: { width: 1024, height: 768 } },
    });
    expect(line('Size: 1024x768, First pass size: 512x384')).toMatchObject({ size: { width: 512, height: 384 } });
  });

  it('keeps what it does not know, or cannot read, in its order', () => {
    expect(line('Zeta: 1, Clip skip: two, AddNet Enabled: True, RNG: TPU, Zeta: "2, 3"').extra).toEqual([
      ['Zeta', '2, 3'],
      ['Clip skip', 'two'],
      ['AddNet Enabled', 'True'],
      ['RNG', 'TPU'],
    ]);
  });
});

const word = fc.stringMatching(/^[A-Za-z0-9_é名+()[\]{}"\\.,:;<>|/-]{1,8}$/);
const text = fc.array(word, { maxLength: 5 }).map((words) => words.join(' '));
const prompt = fc
  .array(
    text.filter((line) => !line.startsWith('Negative prompt:')),
    { maxLength: 3 },
  )
  .map((lines) => lines.join('\n'))
  .filter((lines) => stripPython(lines) === lines);
const size = fc.record({ width: fc.nat(4096), height: fc.nat(4096) });
const hashes = fc.array(
  fc.record({ name: fc.stringMatching(/^[\w.-]{1,8}$/), hash: fc.stringMatching(/^[0-9a-f]{12}$/) }),
  { maxLength: 3 },
);
const value = fc.string({ unit: 'grapheme', maxLength: 12 });
const real = fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0);
const otherThan = (usual: SettingValue): fc.Arbitrary<SettingValue> => {
  const any: fc.Arbitrary<SettingValue> =
    typeof usual === 'boolean' ? fc.constant(!usual) : typeof usual === 'number' ? real : value;
  return any.filter((x) => x !== usual);
};
const settings = fc
  .record(
    Object.fromEntries(
      Object.entries(RECORDED_SETTINGS).map(([name, recorded]) => [name, otherThan(recorded.default)]),
    ),
    { requiredKeys: [] },
  )
  .map((record) => ({ ...record }));
const filled = <T extends object>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  arbitrary.map((record) => ({ ...record })).filter((record) => Object.keys(record).length > 0);

const parameters = fc
  .record(
    {
      prompt,
      negativePrompt: prompt,
      scheduler: fc.constantFrom('Automatic', 'Karras', 'SGM Uniform'),
      samplerName: fc.constantFrom('Euler a', 'DPM++ 2M', 'DDIM', 'UniPC'),
      steps: fc.nat(150),
      cfgScale: real,
      imageCfgScale: real,
      seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      faceRestoration: value,
      size,
      model: filled(fc.record({ name: value, hash: value }, { requiredKeys: [] })),
      vae: filled(fc.record({ name: value, hash: value }, { requiredKeys: [] })),
      variation: fc.record({ seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), strength: real }),
      seedResizeFrom: size,
      denoisingStrength: real,
      clipSkip: fc.integer({ min: 1, max: 12 }),
      initImageHash: value,
      rng: fc.constantFrom('GPU' as const, 'CPU' as const, 'NV' as const),
      tiling: fc.boolean(),
      hires: filled(
        fc.record(
          {
            upscale: real,
            resize: size,
            steps: fc.nat(100),
            upscaler: value,
            checkpoint: value,
            samplerName: value,
            scheduler: value,
            prompt: value,
            negativePrompt: value,
          },
          { requiredKeys: [] },
        ),
      ),
      mask: filled(
        fc.record({ mode: value, blur: real, area: value, padding: real, content: value }, { requiredKeys: [] }),
      ),
      refiner: filled(fc.record({ checkpoint: value, switchAt: real }, { requiredKeys: [] })),
      loraHashes: hashes,
      tiHashes: hashes,
      settings,
      extra: fc.uniqueArray(fc.tuple(fc.stringMatching(/^Own [a-z]{1,6}$/), value), {
        selector: ([key]) => key,
        maxLength: 4,
      }),
      version: fc.constantFrom('danqing-0.1.0', 'v1.10.1'),
      user: value,
    },
    {
      requiredKeys: [
        'prompt',
        'negativePrompt',
        'scheduler',
        'samplerName',
        'steps',
        'seed',
        'clipSkip',
        'rng',
        'tiling',
        'loraHashes',
        'tiHashes',
        'settings',
        'extra',
      ],
    },
  )
  .map((record): GenerationParameters => ({ ...record }));

test('reading what was written gives the same parameters', () => {
  fc.assert(
    fc.property(parameters, (p) => {
      expect(parseInfotext(writeInfotext(p))).toEqual(p);
    }),
    { numRuns: 200 },
  );
});

test('reads any text without failing', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (any) => {
      expect(typeof parseInfotext(any).prompt).toBe('string');
      expect(typeof parseInfotext(`${any}\nSteps: ${any}, Seed: ${any}, Size: 1x1, Clip skip: ${any}`).prompt).toBe(
        'string',
      );
    }),
  );
});
