import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** Memory of the machine, or of the container that this process may use, in bytes. */
export interface MemoryState {
  /** What can still be taken without anything being swapped out or ended. */
  readonly freeBytes: number;
  readonly totalBytes: number;
  /** What this process holds of its own; files that are only mapped do not count where the system tells them apart. */
  readonly ownBytes: number;
}

/** Reads a small text file; undefined when there is none. */
type ReadText = (path: string) => string | undefined;

/** How much memory there is now. On Linux what the kernel can reclaim counts as free, and a container's limit holds. */
export function readMemoryState(read: ReadText = readText): MemoryState {
  const machine = read('/proc/meminfo');
  const freeBytes = kibibytes(machine, 'MemAvailable') ?? freemem();
  const totalBytes = kibibytes(machine, 'MemTotal') ?? totalmem();
  const ownBytes = kibibytes(read('/proc/self/status'), 'RssAnon') ?? process.memoryUsage.rss();
  return controlGroups(read('/proc/self/cgroup'))
    .map((group) => limitOf(group, read))
    .filter((limit) => limit !== undefined)
    .reduce<MemoryState>(
      (state, limit) => ({
        ...state,
        freeBytes: Math.min(state.freeBytes, limit.freeBytes),
        totalBytes: Math.min(state.totalBytes, limit.totalBytes),
      }),
      { freeBytes, totalBytes, ownBytes },
    );
}

/** A value in kB of a file of lines like `MemAvailable:   123 kB`, in bytes. */
function kibibytes(text: string | undefined, key: string): number | undefined {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(text ?? '');
  return match === null ? undefined : Number(match[1]) * 1024;
}

/** A folder of a memory control group with the names that its version gives to limit, usage and reclaimable file pages. */
interface ControlGroup {
  readonly folder: string;
  readonly limit: string;
  readonly usage: string;
  readonly reclaimable: string;
}

const VERSIONS = {
  1: { limit: 'memory.limit_in_bytes', usage: 'memory.usage_in_bytes', reclaimable: 'total_inactive_file' },
  2: { limit: 'memory.max', usage: 'memory.current', reclaimable: 'inactive_file' },
};

/** The groups of a process and all above them: each may set a limit. */
function controlGroups(text: string | undefined): ControlGroup[] {
  const groups: ControlGroup[] = [];
  for (const line of (text ?? '').split('\n')) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    const isVersion1 = controllers.split(',').includes('memory');
    if (!isVersion1 && controllers !== '') continue;
    const root = isVersion1 ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup';
    for (let at = path; ; at = dirname(at)) {
      groups.push({ folder: join(root, at), ...VERSIONS[isVersion1 ? 1 : 2] });
      if (at === '/') break;
    }
  }
  return groups;
}

function limitOf(group: ControlGroup, read: ReadText): { freeBytes: number; totalBytes: number } | undefined {
  const totalBytes = Number(read(join(group.folder, group.limit)) ?? NaN);
  const used = Number(read(join(group.folder, group.usage)) ?? NaN);
  // `max` and the like mean that there is no limit.
  if (!Number.isFinite(totalBytes) || !Number.isFinite(used) || totalBytes >= totalmem()) return undefined;
  const statistics = read(join(group.folder, 'memory.stat')) ?? '';
  const reclaimable = Number(new RegExp(`^${group.reclaimable} (\\d+)$`, 'm').exec(statistics)?.[1] ?? 0);
  return { freeBytes: Math.max(0, totalBytes - used + reclaimable), totalBytes };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
