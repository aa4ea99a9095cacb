// The thread of call-thread.test.ts.
import { DanqingError } from '@danqing/engine/errors';
import { serveCalls } from './serve-calls.ts';

export type TestRequest =
  | { readonly do: 'say'; readonly text: string }
  | { readonly do: 'throw' | 'fail' | 'leave' | 'hang' | 'hoard' };

serveCalls<TestRequest, string, string>((request, { tell }) => {
  switch (request.do) {
    case 'say':
      tell(`begun ${request.text}`);
      return request.text;
    case 'throw':
      throw new DanqingError('bad-value', { where: 'here', expected: 'this', found: 'that' });
    case 'fail':
      throw new Error('no such luck');
    case 'leave':
      process.exit(3);
    case 'hang':
      for (;;);
    case 'hoard':
      return hoard();
  }
});

function hoard(): never {
  const kept: number[][] = [];
  for (;;) kept.push(Array.from({ length: 1000 }, Math.random));
}
