import { DanqingError } from '../../errors.ts';
import { ByteWindow } from '../byte-window.ts';
import { unpickle } from '../pickle/unpickle.ts';
import { Global, Instance } from '../pickle/values.ts';
import { listGlobals } from './list-globals.ts';
import { ScanNotes } from './scan-report.ts';

/** Pickles in a row that are looked at. */
const PICKLE_LIMIT = 10_000;
/** Opcodes that are looked at in one file, all its pickles together: some seconds of work. */
export const SCAN_OPERATIONS = 6_000_000;

/** What is left of `SCAN_OPERATIONS`. */
export interface ScanBudget {
  operations: number;
}

/**
 * Lists every name in pickles that follow each other, until the end or until bytes that are none (raw tensors). A pickle
 * that breaks off is gone through all the same: Python runs a pickle until it breaks.
 * @param most how many pickles there can be before something else follows.
 */
export async function scanPickles(
  window: ByteWindow,
  notes: ScanNotes,
  budget: ScanBudget,
  most = Infinity,
): Promise<void> {
  for (let count = 0; window.left > 0 && count < most; count++) {
    const start = window.position;
    if (count === PICKLE_LIMIT) return notes.missed(window.names.where, `more than ${PICKLE_LIMIT} pickles in a row`);
    const own = new ScanNotes();
    const trouble = await scanOne(window, own, budget);
    if (trouble === undefined) {
      own.pickles = 1;
      notes.add(own);
      continue;
    }
    // Bytes behind a whole pickle that name nothing sensible are tensors, not a broken pickle.
    const behind = count > 0 && (own.count === 0 || !own.plausible);
    if (behind && budget.operations > 0) return;
    own.pickles = 1;
    own.missed(window.names.where, `the pickle at byte ${start} is broken: ${trouble}`);
    return notes.add(own);
  }
}

/** Scans one pickle; answers what is wrong with it, if anything. */
async function scanOne(window: ByteWindow, notes: ScanNotes, budget: ScanBudget): Promise<string | undefined> {
  const { where } = window.names;
  const start = window.position;
  const found = (module: string, name: string, position: number): void =>
    notes.found({ module, name, position, where });
  try {
    await unpickle(window, {
      global(module, name, position) {
        found(module, name, position);
        return new Global(module, name, position);
      },
      persistent: (id) => new Instance(null, [id]),
      budget,
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof DanqingError) || error.code === 'io') throw error;
    const again = new ByteWindow(window.source, window.names, start, window.end);
    await listGlobals(again, budget, found);
    if (budget.operations <= 0) notes.missed(where, 'more steps than a scan takes');
    return `expected ${error.trouble.expected}, found ${error.trouble.found}`;
  }
}
