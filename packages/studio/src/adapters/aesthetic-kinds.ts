/** What receipts call the two files of an aesthetic gradient. */
export const AESTHETIC_KINDS = { embedding: 'aesthetic gradient', clip: 'text encoder to be tuned' } as const;
