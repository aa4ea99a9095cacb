import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { checkFreeSpace } from './free-space.ts';

it('says how much is needed and how much is there', async () => {
  await checkFreeSpace(tmpdir(), 1000);
  await expect(checkFreeSpace(tmpdir(), 1e18)).rejects.toThrow(
    /expected room for a file of 1000000000\.00 GB, found [\d.]+ [GM]B free\. Make room, or choose another disk\. Nothing was written\./,
  );
  await checkFreeSpace('/no such folder', 1e18);
});
