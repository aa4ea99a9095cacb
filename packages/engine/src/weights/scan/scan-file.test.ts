import { readFileSync } from 'node:fs';
import { inflateRawSync, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import fixture from '../../../../../tests/fixtures/pickles.json' with { type: 'json' };
import torchFiles from '../../../../../tests/fixtures/torch-files.json' with { type: 'json' };
import { sharedData } from '../../../../../tests/shared-data.ts';
import { memorySource } from '../memory-source.ts';
import { gradeGlobal } from './grade.ts';
import { scanFile } from './scan-file.ts';

interface Sample {
  readonly deflated: string;
  readonly picklescan: { readonly globals?: readonly (readonly string[])[]; readonly error?: string };
}

const inflate = async (packed: Uint8Array, sizeBytes: number) =>
  new Uint8Array(inflateRawSync(packed, { maxOutputLength: sizeBytes }));
const bytesOf = (deflated: string) => new Uint8Array(inflateSync(Buffer.from(deflated, 'base64')));
const scan = (bytes: Uint8Array) => scanFile(memorySource('x', bytes), { inflate });
const samples = (files: Record<string, Sample>): [string, Sample][] => Object.entries(files);

const { dangerous, containers, deceitful, broken, harmless, unknown } = fixture.files;
const everything: [string, Sample][] = [dangerous, containers, broken, harmless, unknown].flatMap(samples);

describe('first 5: scanFile', () => {
  const blocked = ['7z'];

  it.each([...samples(dangerous), ...samples(containers).filter(([name]) => !blocked.includes(name))])(
    'FMT-03: calls dangerous: %s',
    async (_, { deflated }) => {
      expect((await scan(bytesOf(deflated))).grade).toBe('dangerous');
    },
    30_000,
  );

  it.each(samples(harmless))('FMT-03: calls safe: %s', async (_, { deflated }) => {
    const { grade, blind } = await scan(bytesOf(deflated));
    expect({ grade, blind }).toEqual({ grade: 'safe', blind: [] });
  });

  it.each(samples(unknown))('FMT-03: calls unknown: %s', async (_, { deflated }) => {
    expect((await scan(bytesOf(deflated))).grade).toBe('unknown');
  });

  it('is not sure of what it cannot see', async () => {
    const { grade, blind } = await scan(bytesOf(containers['7z'].deflated));
    expect(grade).toBe('unknown');
    expect(blind).toEqual([{ where: 'x', reason: 'a 7z archive cannot be looked into' }]);
  });

  it.each([...samples(deceitful), ...samples(broken)])(
    'answers in good time: %s',
    async (_, { deflated }) => {
      expect((await scan(bytesOf(deflated))).file).toBe('x');
    },
    30_000,
  );

  it.each(everything)('sees what picklescan sees: %s', async (_, { deflated, picklescan }) => {
    const { findings } = await scan(bytesOf(deflated));
    const seen = new Map(findings.map(({ module, name, grade }) => [`${module} ${name}`, grade]));
    // Where picklescan only guesses ("unknown"), carrying out the opcodes tells the name itself.
    const named = (picklescan.globals ?? []).filter(([module, name]) => module !== 'unknown' && name !== 'unknown');
    const graded = named.map(([module, name]) => [module, name, seen.get(`${module} ${name}`) ?? 'unseen']);
    const wanted = named.map(([module, name, safety]) => [
      module,
      name,
      safety === 'dangerous' ? 'dangerous' : (seen.get(`${module} ${name}`) ?? 'seen'),
    ]);
    expect(graded).toEqual(wanted);
  });

  it.each([
    ['lora/cloneofsimo_lora_disney.pt', 'torch zip'],
    ['lora/catundchat_pytorch_lora_weights.bin', 'torch zip'],
    ['ti/gasai-yuno-200.pt', 'torch zip'],
    ['annotators/mlsd_tiny_512_fp32.pth', 'torch zip'],
    ['lora/cloneofsimo_lora_disney.safetensors', 'safetensors'],
    ['taesd/taesd.safetensors', 'safetensors'],
  ])('FMT-03: calls a real file safe: %s', async (path, container) => {
    const report = await scanFile(memorySource(path, readFileSync(sharedData(path))), { inflate });
    expect(report).toMatchObject({ container, grade: 'safe', blind: [] });
  });

  it.each(Object.entries(torchFiles.made))(
    'sees only what it knows in what torch saves: %s',
    async (name, { deflated }) => {
      const { grade, blind } = await scan(bytesOf(deflated));
      expect({ grade, blind }).toEqual({ grade: name === 'TorchScript' ? 'unknown' : 'safe', blind: [] });
    },
  );

  it('says where each name stands', async () => {
    const { findings, pickles } = await scan(bytesOf(containers['torch zip'].deflated));
    expect(pickles).toBe(1);
    expect(findings).toEqual([
      {
        module: 'os',
        name: 'system',
        position: 2,
        where: 'x › archive/data.pkl',
        grade: 'dangerous',
        reason: 'can start programs',
      },
    ]);
  });
});

describe('gradeGlobal', () => {
  const graded = Object.entries(fixture.grades).map(([names, label]) => [...names.split(' '), label]);

  it('fears everything that picklescan fears', () => {
    const wanted = graded.filter(([, , label]) => label === 'dangerous');
    expect(wanted.filter(([module, name]) => gradeGlobal(module!, name!).grade !== 'dangerous')).toEqual([]);
    expect(wanted.length).toBeGreaterThan(80);
  });

  it('trusts everything that picklescan trusts', () => {
    const wanted = graded.filter(([, , label]) => label === 'innocuous');
    expect(wanted.filter(([module, name]) => gradeGlobal(module!, name!).grade !== 'safe')).toEqual([]);
  });

  it.each([
    ['torch', 'os.system', 'dangerous'],
    ['numpy', 'load', 'dangerous'],
    ['torch.storage', '_load_from_bytes', 'dangerous'],
    ['collections', 'OrderedDict.__init__.__globals__', 'dangerous'],
    ['copy_reg', '_reconstructor', 'safe'],
    ['copyreg', 'add_extension', 'dangerous'],
    ['__builtin__', 'set', 'safe'],
    ['numpy._core.multiarray', 'scalar', 'safe'],
    ['mailcap', 'findmatch', 'dangerous'],
    ['pandas.io.parsers.readers', 'read_csv', 'dangerous'],
    ['mlflow.projects.backend.local', '_run_entry_point', 'dangerous'],
    ['mymodel', 'Net', 'unknown'],
    ['‹None›', '‹None›', 'dangerous'],
  ] as const)('grades %s.%s as %s', (module, name, grade) => {
    expect(gradeGlobal(module, name).grade).toBe(grade);
  });
});
