import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { messagesIn } from '../messages/index.ts';
import { printDuration } from './duration.ts';
import { createProgress, type Progress } from './progress.ts';

let written: string;
let nowMs: number;

beforeEach(() => {
  written = '';
  nowMs = 0;
  vi.useFakeTimers();
});

afterEach(() => vi.useRealTimers());

const start = (isTTY: boolean, batchCount = 1, language = 'en', columns = 100): Progress =>
  createProgress({
    stream: {
      isTTY,
      columns,
      write: (text: string | Uint8Array) => {
        written += String(text);
        return true;
      },
    },
    messages: messagesIn(language).progress,
    batchCount,
    nowMs: () => nowMs,
  });

/** What stands on the line of a terminal. */
const line = (): string => written.split('\u001b[2K').at(-1)!;

describe('without a terminal', () => {
  it('says how it goes at the first step, every five seconds, and at the end', () => {
    const progress = start(false);
    progress.phase('sample');
    for (let step = 1; step <= 20; step++) {
      progress.step({ batch: 0, step, steps: 20, secondsLeft: 20 - step });
      nowMs += 1000;
    }
    progress.end();
    expect(written.split('\n')).toEqual([
      'step 1 of 20, 19 s left',
      'step 6 of 20, 14 s left',
      'step 11 of 20, 9 s left',
      'step 16 of 20, 4 s left',
      'step 20 of 20, 0 s left',
      '',
    ]);
    expect(written).not.toContain('\u001b');
  });

  it('does not flood when steps are quick', () => {
    const progress = start(false, 2);
    for (const batch of [0, 1]) {
      for (let step = 1; step <= 20; step++) progress.step({ batch, step, steps: 20 });
    }
    expect(written).toBe('step 1 of 20, batch 1 of 2\nstep 20 of 20, batch 2 of 2\n');
  });
});

describe('on a terminal', () => {
  it('shows the phase, then a bar over all batches', () => {
    const progress = start(true, 2);
    progress.phase('encode prompt');
    expect(line()).toBe('encoding the prompt');
    progress.phase('sample');
    progress.step({ batch: 1, step: 5, steps: 10, secondsLeft: 65 });
    expect(line()).toBe(`${'█'.repeat(18)}${'░'.repeat(6)} step 5 of 10, batch 2 of 2, 1 min 5 s left`);
    progress.phase('decode');
    expect(line()).toBe('decoding');
    progress.end();
    expect(line()).toBe('');
  });

  it('counts the time left down between two steps', () => {
    const progress = start(true);
    progress.phase('sample');
    progress.step({ batch: 0, step: 1, steps: 2, secondsLeft: 30 });
    nowMs += 12_000;
    vi.advanceTimersByTime(1000);
    expect(line()).toContain('18 s left');
    progress.end();
  });

  it('makes room for results and notes', () => {
    const progress = start(true);
    progress.phase('sample');
    progress.step({ batch: 0, step: 1, steps: 2 });
    progress.say('Note: a');
    expect(written).toContain('\r\u001b[2KNote: a\n');
    expect(line()).toContain('step 1 of 2');
    progress.hide();
    expect(line()).toBe('');
    vi.advanceTimersByTime(3000);
    progress.say('Note: b');
    expect(line()).toBe('Note: b\n');
    progress.step({ batch: 0, step: 2, steps: 2 });
    expect(line()).toContain('step 2 of 2');
    progress.end();
  });

  it('never breaks a line', () => {
    const progress = start(true, 1, 'zh', 40);
    progress.phase('sample');
    progress.step({ batch: 0, step: 1, steps: 2, secondsLeft: 5 });
    expect(line()).toBe(`${'█'.repeat(12)}${'░'.repeat(12)} 第 1 步，共 2 `);
    progress.end();
  });
});

it.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [60, '1 min 0 s'],
  [3725, '1 h 2 min'],
  [-3, '0 s'],
])('prints %d seconds as %s', (seconds, text) => {
  expect(printDuration(seconds)).toBe(text);
});
