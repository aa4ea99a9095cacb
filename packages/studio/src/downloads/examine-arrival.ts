import { DanqingError } from '@danqing/engine/errors';
import type { KindId } from '@danqing/engine/identify/identification';
import { identify } from '@danqing/engine/identify/identify';
import { openIndex } from '@danqing/engine/weights/open-index';
import { scanFile } from '@danqing/engine/weights/scan/scan-file';
import type { ScanReport } from '@danqing/engine/weights/scan/scan-report';
import type { Words } from '@danqing/engine/words';
import { openFile } from '@danqing/node/files/file-source';
import { inflate } from '@danqing/node/files/inflate';

/** What a file turns out to be, whatever was promised. */
export interface Arrival {
  /** Container: `safetensors`, `torch zip`, …; undefined for what is no model. */
  readonly format?: string;
  readonly kind: KindId;
  /** What it is in one line. */
  readonly title?: Words;
  /** Why it is taken for a broken model, or for none. */
  readonly trouble?: string;
  /** What is in it that programs would run that run pickles. */
  readonly scan: ScanReport;
}

/** Looks into a file that has just arrived: what it is by its contents, and what code it would bring along. Runs nothing. */
export async function examineArrival(path: string, fileName: string): Promise<Arrival> {
  const source = await openFile(path);
  try {
    const scan = await scanFile(source, { inflate });
    try {
      const index = await openIndex(source, { inflate, placed: false, foreign: 'ignore' });
      const { kind, title, verdict, damage } = identify(index, { fileName, sizeBytes: source.size });
      const trouble = verdict === 'broken' ? damage.map(({ en }) => en).join(' ') : undefined;
      return { format: index.format, kind, title, scan, ...(trouble !== undefined && { trouble }) };
    } catch (error) {
      if (!(error instanceof DanqingError) || error.code === 'io') throw error;
      const { found } = error.trouble;
      return { kind: 'unknown', trouble: found, scan };
    }
  } finally {
    await source.close();
  }
}
