import { describe, expect, it } from 'vitest';
import { readMemoryState } from './memory-state.ts';

const GB = 1e9;
const machine = {
  '/proc/meminfo': 'MemTotal:       8000000 kB\nMemFree:         100000 kB\nMemAvailable:    6000000 kB\n',
  '/proc/self/status': 'Name:\tnode\nVmRSS:\t  900000 kB\nRssAnon:\t  200000 kB\nRssFile:\t  700000 kB\n',
};

const stateOf = (files: Record<string, string>) => readMemoryState((path) => files[path]);

describe('readMemoryState', () => {
  it('counts what the kernel can reclaim as free, and own memory without mapped files', () => {
    expect(stateOf(machine)).toEqual({ freeBytes: 6_144_000_000, totalBytes: 8_192_000_000, ownBytes: 204_800_000 });
  });

  it('keeps to the limit of a container, version 2, set on any level', () => {
    const state = stateOf({
      ...machine,
      '/proc/self/cgroup': '0::/system.slice/docker-1.scope\n',
      '/sys/fs/cgroup/system.slice/docker-1.scope/memory.max': 'max\n',
      '/sys/fs/cgroup/system.slice/docker-1.scope/memory.current': `${GB}\n`,
      '/sys/fs/cgroup/system.slice/memory.max': `${2 * GB}\n`,
      '/sys/fs/cgroup/system.slice/memory.current': `${1.5 * GB}\n`,
      '/sys/fs/cgroup/system.slice/memory.stat': `anon 1\nfile 2\ninactive_file ${0.25 * GB}\n`,
    });
    expect(state).toMatchObject({ freeBytes: 0.75 * GB, totalBytes: 2 * GB });
  });

  it('keeps to the limit of a container, version 1', () => {
    const state = stateOf({
      ...machine,
      '/proc/self/cgroup': '5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n',
      '/sys/fs/cgroup/memory/x/memory.limit_in_bytes': `${GB}\n`,
      '/sys/fs/cgroup/memory/x/memory.usage_in_bytes': `${0.9 * GB}\n`,
      '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
      '/sys/fs/cgroup/memory/memory.usage_in_bytes': '1\n',
    });
    expect(state).toMatchObject({ freeBytes: 0.1 * GB, totalBytes: GB });
  });

  it('answers on systems without such files', () => {
    const state = stateOf({});
    expect(state.freeBytes).toBeGreaterThan(0);
    expect(state.totalBytes).toBeGreaterThanOrEqual(state.freeBytes);
    expect(state.ownBytes).toBeGreaterThan(0);
  });

  it('answers on this one', () => {
    const { freeBytes, totalBytes, ownBytes } = readMemoryState();
    expect(freeBytes).toBeLessThanOrEqual(totalBytes);
    expect(ownBytes).toBeLessThan(totalBytes);
  });
});
