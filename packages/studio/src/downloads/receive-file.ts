import { dirname } from 'node:path';
import { DanqingError } from '@danqing/engine/errors';
import { checkFreeSpace } from '@danqing/node/files/free-space';
import { sha256OfFile } from '@danqing/node/files/hash-file';
import type { HttpClient } from '@danqing/node/network/http-client';
import { showUrl } from '@danqing/node/network/http-trouble';
import type { RetryPolicy } from '@danqing/node/network/retry';
import { forgetPart } from '@danqing/node/network/transfer/journal';
import type { TransferProgress } from '@danqing/node/network/transfer/speed-meter';
import { transferFile } from '@danqing/node/network/transfer/transfer-file';
import type { TransferResult } from '@danqing/node/network/transfer/transfer-request';
import type { RemoteFile } from './source.ts';

/** How a file is received. */
export interface Receiving {
  readonly http: HttpClient;
  readonly signal?: AbortSignal | undefined;
  /** Larger files are refused. */
  readonly limitBytes?: number | undefined;
  /** Whether it may be a text: a part of a model folder. */
  readonly wantsText?: boolean;
  readonly retries?: RetryPolicy | undefined;
  readonly onProgress?: (progress: TransferProgress) => void;
  /** Called when all bytes are there and their checksum is computed. */
  readonly onVerify?: () => void;
}

/** A file that is wholly there, under its temporary name. */
export interface Received {
  readonly sizeBytes: number;
  /** As the server calls it; not safe to use. */
  readonly name?: string;
  readonly resumedBytes: number;
  /** Whether its checksum was announced and is right. */
  readonly verified: boolean;
}

/**
 * Fetches a file into a part and compares its checksum with the one announced.
 * @throws what `transferFile` throws; network for a wrong checksum, after which nothing of the file is kept.
 */
export async function receiveFile(file: RemoteFile, partPath: string, receiving: Receiving): Promise<Received> {
  for (let tries = 1; ; tries++) {
    const { resumedBytes, ...received } = await transferFrom(file, partPath, receiving);
    const { sha256 } = file;
    if (sha256 === undefined) return { ...received, resumedBytes, verified: false };
    receiving.onVerify?.();
    const found = await sha256OfFile(partPath, 0, receiving.signal);
    if (found === sha256) return { ...received, resumedBytes, verified: true };
    await forgetPart(partPath);
    // The beginning may be of another day: what was fetched in one go deserves no second chance.
    if (resumedBytes > 0 && tries === 1) continue;
    throw new DanqingError('network', {
      where: showUrl(file.urls[0]),
      expected: `the checksum ${sha256}`,
      found,
      advice: 'The file was damaged on its way or replaced by another one, and was thrown away. Try again.',
    });
  }
}

/** Asks the addresses one after the other while there is nothing at them. */
async function transferFrom(file: RemoteFile, partPath: string, receiving: Receiving): Promise<TransferResult> {
  const { http, signal, limitBytes, wantsText = false, retries, onProgress } = receiving;
  const checkSpace = (bytes: number): Promise<void> => checkFreeSpace(dirname(partPath), bytes);
  const last = file.urls.length - 1;
  for (let i = 0; ; i++) {
    try {
      return await transferFile(http, {
        url: file.urls[i]!,
        partPath,
        sha256: file.sha256,
        sizeBytes: file.sizeBytes,
        limitBytes,
        wantsText,
        checkSpace,
        signal,
        ...(onProgress && { onProgress }),
        ...(retries && { retries }),
      });
    } catch (error) {
      if (i >= last || !(error instanceof DanqingError) || error.code !== 'missing') throw error;
    }
  }
}
