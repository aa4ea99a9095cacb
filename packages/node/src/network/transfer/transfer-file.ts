import type { HttpClient } from '../http-client.ts';
import { forgetPart, loadJournal } from './journal.ts';
import { PartFile } from './part-file.ts';
import { lockPart } from './part-lock.ts';
import { RangedTransfer } from './ranged-transfer.ts';
import type { TransferRequest, TransferResult } from './transfer-request.ts';
import { Unlike } from './transfer-trouble.ts';
import { transferWhole } from './whole-transfer.ts';

/** How often a transfer begins anew because the file changed on the server. */
const RESTARTS = 2;

/**
 * Fetches a file into a part: in several ranges at once, going on where an earlier run stopped if it is still the same file, in
 * one stream where the server knows no ranges. Failures that may pass are tried again from the byte that was reached.
 * @throws HttpTrouble, io for the disk, the signal's reason. What is there stays, except when it is of another file.
 */
export async function transferFile(client: HttpClient, request: TransferRequest): Promise<TransferResult> {
  const unlock = await lockPart(request.partPath);
  try {
    let ranges = true;
    for (let restarts = 0; ; restarts++) {
      const journal = ranges ? await loadJournal(request.partPath) : undefined;
      const part = await PartFile.open(request, journal !== undefined);
      try {
        return await (ranges
          ? new RangedTransfer(client, request, part, journal).run()
          : transferWhole(client, request, part));
      } catch (error) {
        if (!(error instanceof Unlike) || restarts >= RESTARTS) throw error;
        ranges &&= error.ranges;
        await forgetPart(request.partPath);
      } finally {
        await part.close();
      }
    }
  } finally {
    await unlock();
  }
}
