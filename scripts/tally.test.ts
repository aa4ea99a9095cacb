import { describe, expect, it } from 'vitest';
import { tally, type VitestReport } from './tally.ts';

function report(...files: [status: string, ...tests: [status: string, fullName: string][]][]): VitestReport {
  return {
    testResults: files.map(([status, ...tests]) => ({
      name: 'a.test.ts',
      status,
      assertionResults: tests.map(([testStatus, fullName]) => ({ status: testStatus, fullName })),
    })),
  };
}

describe('tally', () => {
  it('counts tests by how they ended', () => {
    const result = tally(report(['failed', ['passed', 'a'], ['failed', 'b']], ['passed', ['passed', 'c']]));
    expect(result).toEqual({ passed: 2, failed: 1, skipped: 0, forbiddenSkips: [] });
  });

  it('counts a file that does not load as a failure', () => {
    expect(tally(report(['failed'], ['passed', ['passed', 'a']]))).toMatchObject({ passed: 1, failed: 1 });
  });

  it('counts a missing report as a failure', () => {
    expect(tally(undefined).failed).toBe(1);
  });

  it('forbids a skip, except for want of a GPU', () => {
    const result = tally(report(['passed', ['skipped', 'a'], ['pending', 'b [gpu]'], ['todo', 'c']]));
    expect(result).toMatchObject({ skipped: 3, forbiddenSkips: ['a', 'c'] });
  });
});
