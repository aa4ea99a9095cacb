import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { dirname } from 'node:path';
import { readLastingIndex } from '@danqing/node/files/open-model';
import { endingError, startChild } from '@danqing/node/process/child-process';
import { type MemoryState, readMemoryState } from '@danqing/node/system/memory-state';
import { processorFeatures } from '@danqing/node/system/processor-features';
import { cacheFolder, homeFolder, starterCheckpoint, tinyVae } from '../folders.ts';
import { VERSION } from '../version.ts';
import type { RuntimeState, SelfTestEvent, SelfTestRequest } from './self-test.ts';

/** One thing that was looked at. */
export interface Finding {
  /** What it is about, for programs. */
  readonly id: string;
  /** `trouble` keeps the program from working; a `note` is worth knowing. */
  readonly state: 'good' | 'note' | 'trouble';
  /** What was found, as a sentence. */
  readonly found: string;
  /** What to do about it, as a sentence. */
  readonly fix?: string;
}

/** What runs on this machine, how fast, and what is missing. */
export interface Examination {
  readonly version: string;
  /** Whether nothing keeps the program from working. */
  readonly isWell: boolean;
  readonly findings: readonly Finding[];
  readonly machine: {
    readonly system: string;
    readonly node: string;
    readonly processor: string;
    readonly threads: number;
    readonly features: readonly string[];
    readonly memory: { readonly totalBytes: number; readonly freeBytes: number };
  };
  readonly onnxRuntime: string | undefined;
  readonly runtimes: readonly RuntimeState[];
  /** Floating-point operations per second; undefined when the self-test did not get that far. */
  readonly speed: { readonly peakFlops: number; readonly blockFlops: number; readonly shareOfPeak: number } | undefined;
}

/** Oldest Node that the program is made for. */
const OLDEST_NODE = [20, 11] as const;

/** Systems that ONNX Runtime's package has libraries for. */
const SYSTEMS = ['linux-x64', 'linux-arm64', 'win32-x64', 'win32-arm64', 'darwin-arm64'];

/** Operations of a step of SD 1.5 at 512×512 with a negative prompt, and of decoding its picture. */
const STEP_FLOP = 1.607e12;
const DECODE_FLOP = 2.515e12;
const STEPS = 20;

/** What drawing with SD 1.5 at 512×512 takes at least, and what it takes to do it the fastest way. */
const LEAST_MEMORY_BYTES = 2.2e9;
const AMPLE_MEMORY_BYTES = 6.5e9;

/** Below this a model does not fit on the disk any more. */
const SMALL_DISK_BYTES = 5e9;

/** The self-test is given up after this. */
const PATIENCE_MS = 120_000;

/** Looks at everything that drawing needs, and tries it; takes a few seconds. Never throws. */
export async function doctor(): Promise<Examination> {
  const memory = readMemoryState();
  const processor = { name: cpus()[0]?.model.trim() ?? 'unknown', features: processorFeatures() };
  const test = await selfTest();
  const findings = [
    examineNode(process.versions.node),
    examineSystem(`${process.platform}-${process.arch}`),
    examineProcessor(processor),
    examineMemory(memory),
    ...test.findings,
    ...test.runtimes.map(examineRuntime),
    ...(test.speed === undefined ? [] : [examineSpeed(test.speed)]),
    ...(await Promise.all([examineFile(starterCheckpoint), examineFile(tinyVae)])),
    ...(await Promise.all([examineFolder('cache', cacheFolder()), examineFolder('home', homeFolder())])),
  ];
  return {
    version: VERSION,
    isWell: findings.every(({ state }) => state !== 'trouble'),
    findings,
    machine: {
      system: `${process.platform}-${process.arch}`,
      node: process.versions.node,
      processor: processor.name,
      threads: availableParallelism(),
      features: processor.features ?? [],
      memory: { totalBytes: memory.totalBytes, freeBytes: memory.freeBytes },
    },
    onnxRuntime: test.onnxRuntime,
    runtimes: test.runtimes,
    speed: test.speed,
  };
}

export function examineNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const found = `Node ${version}.`;
  if (isNewEnough) return { id: 'node', state: 'good', found };
  return {
    id: 'node',
    state: 'trouble',
    found,
    fix: `Install Node ${OLDEST_NODE.join('.')} or newer from nodejs.org.`,
  };
}

export function examineSystem(system: string): Finding {
  if (SYSTEMS.includes(system)) return { id: 'system', state: 'good', found: `${system} is supported.` };
  const fix =
    system === 'darwin-x64'
      ? 'Macs with an Intel processor are no longer supported by ONNX Runtime; use one with an Apple processor.'
      : `Use one of ${SYSTEMS.join(', ')}.`;
  return { id: 'system', state: 'trouble', found: `There is no ONNX Runtime for ${system}.`, fix };
}

/** @param features undefined where the system does not tell them. */
export function examineProcessor({
  name,
  features,
}: {
  name: string;
  features: readonly string[] | undefined;
}): Finding {
  const told = features === undefined || features.length === 0 ? '' : ` with ${features.join(', ')}`;
  const found = `${name}${told}.`;
  if (features === undefined || features.includes('AVX2') || features.includes('NEON')) {
    return { id: 'processor', state: 'good', found };
  }
  return {
    id: 'processor',
    state: 'note',
    found,
    fix: 'Without AVX2 drawing is several times slower; nothing can be done.',
  };
}

export function examineMemory({ freeBytes, totalBytes }: Pick<MemoryState, 'freeBytes' | 'totalBytes'>): Finding {
  const found = `${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} of memory are free.`;
  if (freeBytes >= AMPLE_MEMORY_BYTES) return { id: 'memory', state: 'good', found };
  if (freeBytes >= LEAST_MEMORY_BYTES) {
    const fix = `SD 1.5 is drawn in a mode that saves memory; with ${gigabytes(AMPLE_MEMORY_BYTES)} free it would be faster.`;
    return { id: 'memory', state: 'note', found, fix };
  }
  const fix = `Small models work. For SD 1.5 at 512×512 close other programs until ${gigabytes(LEAST_MEMORY_BYTES)} are free.`;
  return { id: 'memory', state: 'note', found, fix };
}

export function examineRuntime({ id, title, obstacle, untested }: RuntimeState): Finding {
  const about = { id: `runtime ${id}` };
  // Only the processor has to work; a graphics card is a gift.
  if (obstacle !== undefined) {
    const state = id === 'cpu' ? 'trouble' : 'note';
    return { ...about, state, found: `${title}: ${obstacle.found}.`, fix: obstacle.advice };
  }
  if (untested !== undefined) return { ...about, state: 'note', found: `${title}: works.`, fix: untested };
  return { ...about, state: 'good', found: `${title}: works.` };
}

export function examineSpeed({ peakFlops, blockFlops }: { peakFlops: number; blockFlops: number }): Finding {
  const seconds = (STEPS * STEP_FLOP + DECODE_FLOP) / blockFlops;
  const share = Math.round((100 * blockFlops) / peakFlops);
  return {
    id: 'speed',
    state: 'good',
    found: `${(peakFlops / 1e9).toFixed(0)} GFLOP/s in matrix products; a drawing block reaches ${share} % of that. A picture of SD 1.5 at 512×512 in ${STEPS} steps takes about ${duration(seconds)}.`,
  };
}

async function examineFile(path: string): Promise<Finding> {
  try {
    const { tensors } = await readLastingIndex(path);
    return { id: 'file', state: 'good', found: `${path}: ${tensors.size} tensors.` };
  } catch (error) {
    const fix = 'Install the program again; this file comes with it.';
    return { id: 'file', state: 'trouble', found: (error as Error).message, fix };
  }
}

async function examineFolder(name: string, path: string): Promise<Finding> {
  const id = `folder ${name}`;
  try {
    const near = await nearestFolder(path);
    await access(near, constants.W_OK);
    const { bavail, bsize } = await statfs(near);
    const found = `${path}: writable, ${gigabytes(bavail * bsize)} free.`;
    if (bavail * bsize >= SMALL_DISK_BYTES) return { id, state: 'good', found };
    return { id, state: 'note', found, fix: 'Make room: a model takes 2 to 7 GB.' };
  } catch (error) {
    const variable = name === 'cache' ? 'DANQING_CACHE' : 'DANQING_HOME';
    const fix = `Make it writable, or set ${variable} to another folder.`;
    return { id, state: 'trouble', found: `${path} cannot be written: ${(error as Error).message}.`, fix };
  }
}

/** The folder itself, or the closest one above it that exists. @throws Error when a file stands in its place. */
async function nearestFolder(path: string): Promise<string> {
  for (let at = path; ; at = dirname(at)) {
    const stats = await stat(at).catch(() => undefined);
    if (stats?.isDirectory() === true) return at;
    if (stats !== undefined || dirname(at) === at) throw new Error(`${at} is no folder`);
  }
}

interface SelfTest {
  readonly onnxRuntime: string | undefined;
  readonly runtimes: readonly RuntimeState[];
  readonly speed: Examination['speed'];
  readonly findings: readonly Finding[];
}

/** Tries runtimes and speed in a process of its own, so that a break-down of native code is a finding and no end. */
async function selfTest(): Promise<SelfTest> {
  const child = startChild<SelfTestRequest, SelfTestEvent>(new URL('./self-test.ts', import.meta.url));
  const runtimes: RuntimeState[] = [];
  let onnxRuntime: string | undefined;
  let speed: Examination['speed'];
  let isDone = false;
  child.onMessage((event) => {
    if (event.type === 'started') ({ onnxRuntime } = event);
    else if (event.type === 'runtime') runtimes.push(event.state);
    else if (event.type === 'speed') speed = { ...event, shareOfPeak: event.blockFlops / event.peakFlops };
    else {
      isDone = true;
      void child.close(1000);
    }
  });
  const patience = setTimeout(() => void child.kill(), PATIENCE_MS);
  await child.send({ type: 'test' }).catch(() => undefined);
  const ending = await child.ended;
  clearTimeout(patience);
  const finding = isDone
    ? []
    : [brokenSelfTest(onnxRuntime, ending.asked ? 'it took too long' : endingError(ending).message)];
  return { onnxRuntime, runtimes, speed, findings: finding };
}

function brokenSelfTest(onnxRuntime: string | undefined, what: string): Finding {
  const fix =
    onnxRuntime === undefined
      ? 'ONNX Runtime could not be loaded. Install again with `npm ci`; on Linux it needs glibc 2.28 or newer.'
      : 'Close other programs and try again; if it stays so, report it with this text.';
  return { id: 'self-test', state: 'trouble', found: `The self-test broke down: ${what}`, fix };
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

const duration = (seconds: number): string =>
  seconds < 90 ? `${Math.max(1, Math.round(seconds))} seconds` : `${Math.round(seconds / 60)} minutes`;
