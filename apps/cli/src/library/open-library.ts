import type { Library } from '@danqing/studio/library/library';
import type { ScanOptions, ScanReport } from '@danqing/studio/library/scan-library';

/** Opens the library, brings it up to date, and closes it after the work. */
export async function withLibrary<T>(
  work: (library: Library, report: ScanReport) => Promise<T> | T,
  options: ScanOptions = {},
): Promise<T> {
  const { Library } = await import('@danqing/studio/library/library');
  const library = await Library.open();
  try {
    return await work(library, await library.refresh(options));
  } finally {
    await library.close();
  }
}
