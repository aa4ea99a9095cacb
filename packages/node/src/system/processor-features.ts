import { readFileSync } from 'node:fs';

/** Features that make a difference to matrix products, by the kernel's names for them, the largest difference first. */
const FEATURES: Readonly<Record<string, string>> = {
  amx_tile: 'AMX',
  avx512f: 'AVX-512',
  avx512_vnni: 'AVX-512 VNNI',
  avx512_bf16: 'AVX-512 BF16',
  avx2: 'AVX2',
  fma: 'FMA',
  f16c: 'F16C',
  asimd: 'NEON',
  sve: 'SVE',
};

/**
 * What the processor can do beyond the least of its kind, for people; undefined where the system does not tell.
 * @param read gives the text of `/proc/cpuinfo`, undefined on systems without it.
 */
export function processorFeatures(read: () => string | undefined = readCpuInfo): string[] | undefined {
  const words = /^(?:flags|Features)\s*:\s*(.+)$/m.exec(read() ?? '')?.[1]?.split(' ');
  if (words === undefined) return undefined;
  const has = new Set(words);
  return Object.entries(FEATURES).flatMap(([flag, name]) => (has.has(flag) ? [name] : []));
}

function readCpuInfo(): string | undefined {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined;
  }
}
