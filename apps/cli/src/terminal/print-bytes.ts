const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'];

/** A number of bytes as people say it, in powers of 1000: `2.13 GB`. */
export function printBytes(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${UNITS[power]}`;
}
