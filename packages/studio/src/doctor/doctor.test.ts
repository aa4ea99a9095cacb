import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  doctor,
  type Examination,
  examineMemory,
  examineNode,
  examineProcessor,
  examineRuntime,
  examineSpeed,
  examineSystem,
} from './doctor.ts';

describe('first 7: doctor', () => {
  let examination: Examination;
  beforeAll(async () => {
    process.env['DANQING_HOME'] = '/dev/null/danqing';
    examination = await doctor();
  });
  afterAll(() => {
    delete process.env['DANQING_HOME'];
  });

  it('states what runs, how fast, and what it needs, and survives JSON', () => {
    expect(JSON.parse(JSON.stringify(examination))).toEqual(examination);
    expect(examination.onnxRuntime).toMatch(/^\d+\.\d+/);
    expect(examination.runtimes.map(({ id }) => id)).toEqual(['cpu', 'cuda', 'webgpu']);
    expect(examination.runtimes[0]).not.toHaveProperty('obstacle');
    const { peakFlops, blockFlops, shareOfPeak } = examination.speed!;
    expect(peakFlops).toBeGreaterThan(1e8);
    expect(shareOfPeak).toBeCloseTo(blockFlops / peakFlops, 10);
    expect(examination.machine.memory.freeBytes).toBeGreaterThan(0);
    const ids = examination.findings.map(({ id }) => id);
    for (const id of ['node', 'system', 'processor', 'memory', 'runtime cpu', 'speed', 'file', 'folder cache']) {
      expect(ids).toContain(id);
    }
  });

  it('finds a folder that cannot be written, and says what to do', () => {
    expect(examination.isWell).toBe(false);
    expect(examination.findings.filter(({ state }) => state === 'trouble')).toEqual([
      {
        id: 'folder home',
        state: 'trouble',
        found: expect.stringContaining('/dev/null/danqing'),
        fix: expect.stringContaining('DANQING_HOME'),
      },
    ]);
  });
});

describe('first 7: findings', () => {
  it.each([
    ['20.11.0', 'good'],
    ['22.3.0', 'good'],
    ['20.10.9', 'trouble'],
    ['18.20.0', 'trouble'],
  ])('Node %s: %s', (version, state) => {
    expect(examineNode(version).state).toBe(state);
  });

  it.each([
    ['linux-x64', 'good'],
    ['darwin-arm64', 'good'],
    ['darwin-x64', 'trouble'],
    ['freebsd-x64', 'trouble'],
  ])('system %s: %s', (system, state) => {
    expect(examineSystem(system).state).toBe(state);
  });

  it('notes a processor without AVX2, but not one that is not told', () => {
    expect(examineProcessor({ name: 'Atom', features: [] })).toMatchObject({ state: 'note' });
    expect(examineProcessor({ name: 'Xeon', features: ['AVX-512', 'AVX2'] })).toMatchObject({
      state: 'good',
      found: 'Xeon with AVX-512, AVX2.',
    });
    expect(examineProcessor({ name: 'M3', features: undefined }).state).toBe('good');
  });

  it('says what little memory means', () => {
    expect(examineMemory({ freeBytes: 8e9, totalBytes: 16e9 }).state).toBe('good');
    expect(examineMemory({ freeBytes: 3e9, totalBytes: 4e9 })).toMatchObject({
      state: 'note',
      fix: expect.stringContaining('faster'),
    });
    expect(examineMemory({ freeBytes: 1e9, totalBytes: 2e9 }).fix).toContain('2.2 GB');
  });

  it('needs only the processor to work', () => {
    const obstacle = { found: 'no card', advice: 'Buy one.' };
    expect(examineRuntime({ id: 'cpu', title: 'Processor', obstacle }).state).toBe('trouble');
    expect(examineRuntime({ id: 'cuda', title: 'Card', obstacle, untested: 'Never tried.' })).toEqual({
      id: 'runtime cuda',
      state: 'note',
      found: 'Card: no card.',
      fix: 'Buy one.',
    });
    expect(examineRuntime({ id: 'webgpu', title: 'Card', untested: 'Never tried.' })).toMatchObject({
      state: 'note',
      fix: 'Never tried.',
    });
  });

  it('turns operations per second into minutes', () => {
    const { found } = examineSpeed({ peakFlops: 250e9, blockFlops: 200e9 });
    expect(found).toContain('250 GFLOP/s');
    expect(found).toContain('80 %');
    expect(found).toContain('3 minutes');
  });
});
