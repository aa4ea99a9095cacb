import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChangeProgress } from '@danqing/contract/file-changes';
import { openModel } from '@danqing/node/files/open-model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { modelOf, tensorOf } from '../../../../tests/made-files.ts';
import { convertFile } from './convert-file.ts';
import { editMetadataOfFile, readMetadata } from './edit-metadata-of-file.ts';
import { mergeFiles } from './merge-files.ts';
import { saveModel } from './save-model.ts';

let folder: string;
let cacheBefore: string | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'danqing-changes-'));
  cacheBefore = process.env['DANQING_CACHE'];
  process.env['DANQING_CACHE'] = join(folder, '.cache');
});
afterEach(async () => {
  if (cacheBefore === undefined) delete process.env['DANQING_CACHE'];
  else process.env['DANQING_CACHE'] = cacheBefore;
  await rm(folder, { recursive: true });
});

const at = (...names: string[]): string => join(folder, ...names);
const names = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name !== '.cache').sort((a, b) => a.localeCompare(b));

const UNET = 'model.diffusion_model.input_blocks.0.0.weight';
const TEXT = 'cond_stage_model.transformer.text_model.final_layer_norm.weight';
const VAE = 'first_stage_model.decoder.conv_in.weight';

const tensors = (seed: number): Parameters<typeof modelOf>[1] => ({
  [UNET]: tensorOf([6, 4, 3, 3], (i) => Math.sin(i + seed), 'F32'),
  [TEXT]: tensorOf([7], (i) => i + seed, 'F32'),
  [VAE]: tensorOf([2, 3], (i) => 1e5 * i, 'F32'),
  alphas_cumprod: tensorOf([5], (i) => i, 'F32'),
});

async function save(
  name: string,
  ...rest: [Parameters<typeof modelOf>[1], Record<string, string>?, ('torch' | 'safetensors')?]
): Promise<string> {
  await writeFile(at(name), (await modelOf(name, ...rest)).bytes);
  return at(name);
}

/** Hashes of the tensors of a file, by name, with their types. */
async function dataOf(path: string): Promise<Record<string, string>> {
  const model = await openModel(path);
  const rows = [...model.index.tensors.values()].map(async ({ name, dtype, shape, offset, length }) => {
    const bytes = await model.files[0]!.read(offset, length);
    return [name, `${dtype} ${shape.join('×')} ${createHash('sha256').update(bytes).digest('hex')}`] as const;
  });
  const data = Object.fromEntries(await Promise.all(rows));
  await model.close();
  return data;
}

const metadataIn = async (path: string): Promise<Record<string, string>> => {
  const model = await openModel(path);
  await model.close();
  return Object.fromEntries(model.index.metadata);
};

describe('first 5: convertFile', () => {
  it('FMT-04: goes from safetensors to torch and back without a bit changed', async () => {
    const file = await save('a.safetensors', tensors(1), { title: '丹青' });
    const pickle = await convertFile({ file, format: 'torch' });
    expect(pickle.output).toBe(at('a.ckpt'));
    expect(await dataOf(at('a.ckpt'))).toEqual(await dataOf(file));
    expect(pickle.notes.map(({ en }) => en)).toEqual(['a torch file has no place for metadata: left out title']);
    const back = await convertFile({ file: at('a.ckpt'), output: at('b.safetensors') });
    expect(await dataOf(back.output)).toEqual(await dataOf(file));
    expect(back.sizeBytes).toBe((await stat(back.output)).size);
    expect(await metadataIn(back.output)).toEqual({ format: 'pt' });
  });

  it('FMT-05: halves the size and says for each part what did not fit', async () => {
    const file = await save('a.safetensors', tensors(1));
    const { output, parts } = await convertFile({ file, precision: 'fp16', parts: { other: 'copy' } });
    expect(output).toBe(at('a-fp16.safetensors'));
    expect(parts).toEqual([
      { part: 'unet', tensors: 1, saturated: 0, nan: 0, infinite: 0 },
      { part: 'textEncoder', tensors: 1, saturated: 0, nan: 0, infinite: 0 },
      { part: 'vae', tensors: 1, saturated: 5, nan: 0, infinite: 0 },
      { part: 'other', tensors: 1, saturated: 0, nan: 0, infinite: 0 },
    ]);
    const data = await dataOf(output);
    expect(data[UNET]).toMatch(/^F16 6×4×3×3 /);
    expect(data['alphas_cumprod']).toBe((await dataOf(file))['alphas_cumprod']);
  });

  it('FMT-06, FMT-09: prunes, bakes a VAE, leaves parts out, and names the result after it', async () => {
    const ema = 'model_ema.diffusion_modelinput_blocks00weight';
    const file = await save(
      'full.ckpt',
      { ...tensors(1), [ema]: tensorOf([6, 4, 3, 3], (i) => i, 'F32') },
      {},
      'torch',
    );
    const vae = await save('vae.safetensors', { 'decoder.conv_in.weight': tensorOf([2, 3], (i) => -i, 'F32') });
    const { output, notes } = await convertFile({ file, prune: 'ema-only', vae, parts: { textEncoder: 'delete' } });
    expect(output).toBe(at('full-ema-only-vae-no-textEncoder.safetensors'));
    const data = await dataOf(output);
    expect(data[UNET]).toBe((await dataOf(file))[ema]);
    expect(data[VAE]).toBe((await dataOf(vae))['decoder.conv_in.weight']);
    expect(Object.keys(data)).not.toContain(TEXT);
    expect(notes.map(({ zh }) => zh).join()).toContain('EMA');
  });

  it('changes metadata on the way', async () => {
    const file = await save('a.safetensors', tensors(1), { title: 'Fox', author: '丹' });
    const { output } = await convertFile({
      file,
      output: at('b'),
      metadata: { set: { title: 'Red fox' }, remove: ['author'] },
    });
    expect(output).toBe(at('b.safetensors'));
    expect(await metadataIn(output)).toEqual({ title: 'Red fox' });
    await expect(convertFile({ file, output: at('c.ckpt'), metadata: { set: { a: 'b' } } })).rejects.toThrow(
      'a torch file, which has no place for it',
    );
  });

  it('tells how far it is, and stops when asked', async () => {
    const file = await save('a.safetensors', tensors(1));
    const told: ChangeProgress[] = [];
    await convertFile({ file, output: at('b.ckpt') }, { onProgress: (progress) => told.push(progress) });
    expect(told.length).toBeGreaterThan(0);
    expect(told[0]).toMatchObject({ phase: 'write' });
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(convertFile({ file, output: at('c.ckpt') }, { signal: stop })).rejects.toThrow('enough');
    expect(await names()).toEqual(['a.safetensors', 'b.ckpt']);
  });

  it('does not write onto its input, or any other file, unless it may', async () => {
    const file = await save('a.safetensors', tensors(1));
    const before = await readFile(file);
    await expect(convertFile({ file })).rejects.toThrow(`${file}: expected a name that is free, found a file.`);
    expect(await readFile(file)).toEqual(before);
    await convertFile({ file, output: file, precision: 'bf16', overwrite: true });
    expect((await dataOf(file))[UNET]).toMatch(/^BF16/);
  });

  it('counts what is no number, and says in which part', async () => {
    const file = await save('a.safetensors', {
      [UNET]: tensorOf([4], [NaN, 1, Infinity, 2]),
      [VAE]: tensorOf([2], [NaN, NaN]),
    });
    const { parts } = await convertFile({ file, precision: 'fp32', output: at('b') });
    expect(parts).toMatchObject([
      { part: 'unet', nan: 1, infinite: 1 },
      { part: 'vae', nan: 2 },
    ]);
  });

  it('says what is wrong with a request or a file', async () => {
    const file = await save('a.safetensors', tensors(1));
    await expect(convertFile({ file, precision: 'fp12' as never })).rejects.toThrow(
      /^precision: expected one of fp32, fp16, bf16, fp8_e4m3, fp8_e5m2, fp64, found /,
    );
    await expect(convertFile({ file, output: at('b.ckpt'), format: 'safetensors' })).rejects.toThrow(
      'b.ckpt: expected a name for a safetensors file, such as b.safetensors, found the ending .ckpt.',
    );
    await expect(convertFile({ file: at('none.ckpt') })).rejects.toMatchObject({ code: 'missing' });
    const bytes = await readFile(file);
    for (const [name, length] of [
      ['cut.safetensors', bytes.length - 1],
      ['short.safetensors', 20],
    ] as const) {
      await writeFile(at(name), bytes.subarray(0, length));
      await expect(convertFile({ file: at(name), output: at('x') })).rejects.toMatchObject({ code: 'bad-file' });
    }
    const pickle = (await modelOf('a.ckpt', tensors(1), {}, 'torch')).bytes;
    await writeFile(at('cut.ckpt'), pickle.subarray(0, pickle.length - 400));
    await expect(convertFile({ file: at('cut.ckpt') })).rejects.toMatchObject({ code: 'bad-file' });
    expect((await names()).filter((name) => name.startsWith('.') || name.startsWith('x'))).toEqual([]);
  });

  it('keeps within the length of names, and goes into a folder', async () => {
    const long = `${'丹'.repeat(80)}.safetensors`;
    const file = await save(long, tensors(1));
    await mkdir(at('out'));
    const { output } = await convertFile({ file, precision: 'fp16', output: at('out') });
    expect(await readdir(at('out'))).toEqual([output.slice(at('out').length + 1)]);
    expect(Buffer.byteLength(output.slice(at('out').length + 1))).toBeLessThanOrEqual(255);
  });
});

describe('mergeFiles', () => {
  it('FMT-08: merges two models, names the result as A1111 does and writes the recipe', async () => {
    const models = [
      await save('a.safetensors', tensors(1), { author: '丹' }),
      await save('b.ckpt', tensors(2), {}, 'torch'),
    ];
    const { output, notes } = await mergeFiles({ models, mode: 'weighted-sum', multiplier: 0.25 });
    expect(output).toBe(at('0.75(a) + 0.25(b).safetensors'));
    expect(notes[0]!.en).toBe('merged 3 tensors');
    const metadata = await metadataIn(output);
    const [sha256] = await Promise.all(
      models.map(async (path) =>
        createHash('sha256')
          .update(await readFile(path))
          .digest('hex'),
      ),
    );
    expect(JSON.parse(metadata['sd_merge_recipe']!)).toMatchObject({
      primary_model_hash: sha256,
      multiplier: 0.25,
      custom_name: '',
    });
    expect(Object.keys(JSON.parse(metadata['sd_merge_models']!) as object)).toHaveLength(2);
    expect(metadata).toMatchObject({ author: '丹', format: 'pt' });

    const again = await mergeFiles({ models: [output, models[1]!], mode: 'weighted-sum', output: at('c') });
    expect(again.output).toBe(at('c.safetensors'));
    const nested = await metadataIn(again.output);
    expect(JSON.parse(nested['sd_merge_recipe']!)).toMatchObject({ custom_name: 'c' });
    expect(Object.keys(JSON.parse(nested['sd_merge_models']!) as object)).toHaveLength(3);
  });

  it('adds differences, sums many, weights blocks, discards, makes torch files', async () => {
    const models = [
      await save('a.safetensors', tensors(1)),
      await save('b.safetensors', tensors(2)),
      await save('c.safetensors', tensors(3)),
    ];
    const difference = await mergeFiles({ models, mode: 'add-difference', multiplier: 1, format: 'torch' });
    expect(difference.output).toBe(at('a + 1.0(b - c).ckpt'));
    const sum = await mergeFiles({
      models,
      mode: 'sum',
      weights: [0.5, 0.25, 0.5],
      output: at('sum'),
      discard: 'alphas',
      half: true,
    });
    expect(sum.notes.map(({ en }) => en)).toContain('the weights add up to 1.25, not to 1');
    expect(Object.keys(await dataOf(sum.output))).not.toContain('alphas_cumprod');
    const decided = await Promise.all([
      mergeFiles({ models: models.slice(0, 1), output: at('1') }),
      mergeFiles({ models, output: at('3') }),
      mergeFiles({ models: models.slice(0, 2), weights: [0.5, 0.5], output: at('w') }),
    ]);
    const methods = decided.map(
      async ({ output }) => JSON.parse((await metadataIn(output))['sd_merge_recipe']!) as object,
    );
    expect(await Promise.all(methods)).toMatchObject([
      { interp_method: 'No interpolation' },
      { interp_method: 'Add difference' },
      { interp_method: 'Weighted sum', weights: [0.5, 0.5] },
    ]);
    const none = await mergeFiles({ models: models.slice(0, 1), mode: 'none', half: true, output: at('half') });
    expect((await dataOf(none.output))['alphas_cumprod']).toMatch(/^F16/);
    await expect(
      mergeFiles({ models: models.slice(1), mode: 'weighted-sum', blockWeights: '0.5,'.repeat(25) }),
    ).rejects.toThrow('expected a model of 12 input and 12 output blocks');
  });

  it('takes a configuration along', async () => {
    const models = [await save('a.safetensors', tensors(1)), await save('b.safetensors', tensors(2))];
    await writeFile(at('b.yaml'), 'model: {}');
    const { output, notes } = await mergeFiles({ models, mode: 'weighted-sum' });
    expect(await readFile(output.replace(/safetensors$/, 'yaml'), 'utf8')).toBe('model: {}');
    expect(notes.at(-1)!.en).toContain(`copied ${at('b.yaml')}`);
  });

  it('tells of hashing and writing, and does not hash what it knows', async () => {
    const models = [await save('a.safetensors', tensors(1)), await save('b.safetensors', tensors(2))];
    const phases = async (output: string): Promise<Set<string>> => {
      const told = new Set<string>();
      await mergeFiles(
        { models, mode: 'weighted-sum', output: at(output) },
        { onProgress: ({ phase }) => told.add(phase) },
      );
      return told;
    };
    expect(await phases('x')).toEqual(new Set(['hash', 'write']));
    expect(await phases('y')).toEqual(new Set(['write']));
  });

  it('says what is wrong with a request', async () => {
    const a = await save('a.safetensors', tensors(1));
    const b = await save('b.safetensors', tensors(2));
    await copyFile(a, at('c.safetensors'));
    const merge = (request: object): Promise<unknown> =>
      mergeFiles({ models: [a, b], mode: 'weighted-sum', ...request });
    await expect(merge({ models: [a, `${folder}/./a.safetensors`] })).rejects.toThrow(
      'expected models that differ, found the same file twice.',
    );
    await expect(mergeFiles({ models: [a, b, a, b] })).rejects.toThrow(
      'weights: expected one for each of 4 models, found none.',
    );
    await expect(merge({ models: [a] })).rejects.toThrow('models: expected 2 for weighted-sum, found 1.');
    await expect(merge({ mode: 'add-difference' })).rejects.toThrow('models: expected 3 for add-difference, found 2.');
    await expect(merge({ mode: 'add-difference', models: [a, b, b] })).rejects.toThrow('the same file twice');
    await expect(merge({ mode: 'sum', weights: [1] })).rejects.toThrow(
      'weights: expected one for each of 2 models, found 1.',
    );
    await expect(merge({ weights: [1, 2] })).rejects.toThrow('weights: expected none, but for the sum of models');
    await expect(merge({ discard: '(' })).rejects.toThrow('discard: expected a regular expression');
    await expect(merge({ multiplier: Infinity })).rejects.toMatchObject({ code: 'bad-value' });
    await expect(merge({ mode: 'none', models: [a], blockWeights: '1' })).rejects.toThrow(
      'expected weighted sum or add difference',
    );
    await expect(merge({ output: b })).rejects.toThrow('expected a name that is free');
    // The same content under another name is another file.
    await mergeFiles({ models: [a, at('c.safetensors')], mode: 'weighted-sum', output: at('d') });
    await mergeFiles({ models: [a, a, b], mode: 'add-difference', output: at('e') });
  });
});

describe('editMetadataOfFile', () => {
  it('changes a file in place, or a copy', async () => {
    const file = await save('a.safetensors', tensors(1), { title: 'Fox', author: '丹' });
    await chmod(file, 0o600);
    const data = await dataOf(file);
    const report = await editMetadataOfFile({ file, set: { title: 'Red fox' }, remove: ['author'] });
    expect(report).toMatchObject({ output: file, metadata: { title: 'Red fox' }, sizeBytes: (await stat(file)).size });
    expect(await metadataIn(file)).toEqual({ title: 'Red fox' });
    expect(await dataOf(file)).toEqual(data);
    expect((await stat(file)).mode & 0o777).toBe(0o600);

    expect(await readMetadata(file)).toEqual({ title: 'Red fox' });
    await editMetadataOfFile({ file, output: at('b.safetensors'), clear: true });
    expect(await metadataIn(at('b.safetensors'))).toEqual({});
    expect(await metadataIn(file)).toEqual({ title: 'Red fox' });
    await expect(editMetadataOfFile({ file, output: at('b.safetensors') })).rejects.toThrow(
      'expected a name that is free',
    );
    expect(await names()).toEqual(['a.safetensors', 'b.safetensors']);
  });

  it('leaves other kinds of files alone', async () => {
    const file = await save('a.ckpt', tensors(1), {}, 'torch');
    await expect(editMetadataOfFile({ file, set: { a: 'b' } })).rejects.toThrow(
      'found torch zip. Convert it to safetensors first.',
    );
  });
});

describe('saveModel', () => {
  const trained = [
    { name: 'lora_unet_a.lora_down.weight', dtype: 'F16', shape: [2], bytes: new Uint8Array(4) },
  ] as const;

  it('FMT-10: saves what was trained as safetensors, or in the format that is chosen', async () => {
    const keep = (choice: object): Promise<string> =>
      saveModel({ folder, stem: 'style-000010', ...choice }, trained, new Map([['ss_steps', '10']]));
    expect(await keep({})).toBe(at('style-000010.safetensors'));
    expect(await metadataIn(at('style-000010.safetensors'))).toEqual({ ss_steps: '10' });
    expect(await keep({ format: 'torch' })).toBe(at('style-000010.ckpt'));
    expect(await keep({ output: at('mine.pt') })).toBe(at('mine.pt'));
    expect(await dataOf(at('mine.pt'))).toEqual(await dataOf(at('style-000010.safetensors')));
    await expect(keep({})).rejects.toThrow('expected a name that is free');
  });
});
