/** The part of the test runner's JSON report that is counted. */
export interface VitestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** Test counts; `forbiddenSkips` are the titles of skipped tests that are not marked `[gpu]`. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly forbiddenSkips: readonly string[];
}

/** Counts a report. A file that could not even be loaded counts as one failed test, and so does a missing report. */
export function tally(report: VitestReport | undefined): Tally {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0, forbiddenSkips: [] };
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const broken = report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  );
  const skipped = tests.filter((test) => test.status !== 'passed' && test.status !== 'failed');
  return {
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: tests.filter((test) => test.status === 'failed').length + broken.length,
    skipped: skipped.length,
    forbiddenSkips: skipped.map((test) => test.fullName).filter((title) => !title.includes('[gpu]')),
  };
}
