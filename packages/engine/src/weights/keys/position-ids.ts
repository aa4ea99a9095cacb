/** Whether a tensor holds the numbers of token positions, 0 to 76: a constant, which arithmetic and narrow types spoil. */
export const isPositionIds = (key: string): boolean => /(?:^|[._])embeddings\.position_ids$/.test(key);
