import { ByteWindow } from '../byte-window.ts';
import type { ByteSource } from '../tensor-index.ts';
import { type ScanBudget, scanPickles } from './scan-pickles.ts';
import type { ScanNotes } from './scan-report.ts';

const MARK_BYTES = 6;
const HEADER_LIMIT = 2 ** 20;

/** Scans a numpy array file: only an array of objects holds a pickle. */
export async function scanNpy(source: ByteSource, notes: ScanNotes, budget: ScanBudget): Promise<void> {
  const window = new ByteWindow(source, { where: source.file, what: 'numpy header' });
  await window.fill(MARK_BYTES + 6);
  window.skip(MARK_BYTES);
  const major = window.u8();
  window.skip(1);
  const length = major === 1 ? window.u16() : window.u32();
  if (major < 1 || major > 3 || length > HEADER_LIMIT) throw window.trouble('a version from 1 to 3', `${major}`);
  await window.fill(length);
  const header = String.fromCharCode(...window.bytes(length));
  // 'descr' is '|O', or a list of fields of which any may be an object.
  if (!/['"][|<>=]?O\d*['"]/.test(header)) return;
  await scanPickles(new ByteWindow(source, { where: source.file, what: 'pickle' }, window.position), notes, budget);
}
