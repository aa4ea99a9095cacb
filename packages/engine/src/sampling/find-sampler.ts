import { DanqingError } from '../errors.ts';
import type { Sampler } from './sampler.ts';
import { samplers } from './samplers/index.ts';
import type { Schedule } from './schedule.ts';
import { schedules } from './schedules/index.ts';

/** The schedule's name where the sampler's own is meant. */
export const AUTOMATIC = 'Automatic';

/** A sampler and the schedule that was named with it; none is "Automatic". */
export interface SamplerChoice {
  readonly sampler: Sampler;
  readonly schedule: Schedule | undefined;
}

/**
 * Finds a sampler by its name or alias, in any case, also joined with a schedule as on Civitai ("DPM++ 2M Karras"); the
 * joined schedule then goes before `scheduleName`. Samplers over time steps have no schedule.
 * @throws bad-value for an unknown name, with the known ones.
 */
export function findSampler(samplerName: string, scheduleName: string = AUTOMATIC): SamplerChoice {
  const name = normalise(samplerName);
  const separate = findSchedule(scheduleName);
  const sampler = byName.get(name);
  if (sampler !== undefined) return choice(sampler, separate);
  for (const [ending, schedule] of byScheduleName) {
    const joined = name.endsWith(` ${ending}`) ? byName.get(name.slice(0, -ending.length - 1)) : undefined;
    if (joined !== undefined) return choice(joined, schedule);
  }
  throw unknown(
    'sampler',
    samplerName,
    Object.values(samplers).map((known) => known.name),
  );
}

/**
 * Finds a schedule by its name, label or alias, in any case; none for "Automatic".
 * @throws bad-value for an unknown name, with the known ones.
 */
export function findSchedule(name: string): Schedule | undefined {
  const wanted = normalise(name);
  if (wanted === normalise(AUTOMATIC)) return undefined;
  const schedule = byScheduleName.find(([known]) => known === wanted);
  if (schedule !== undefined) return schedule[1];
  throw unknown('scheduler', name, [AUTOMATIC, ...Object.values(schedules).map(({ label }) => label)]);
}

const normalise = (name: string): string => name.trim().toLowerCase().replaceAll(/\s+/g, ' ');

const byName: ReadonlyMap<string, Sampler> = new Map(
  Object.values(samplers).flatMap((sampler: Sampler) =>
    [sampler.name, ...sampler.aliases].map((name) => [normalise(name), sampler] as const),
  ),
);

/** "Automatic" and all schedules by every name they go by; longer names first, as "SGM Uniform" ends like "Uniform". */
const byScheduleName: readonly (readonly [name: string, schedule: Schedule | undefined])[] = [
  [AUTOMATIC, undefined] as const,
  ...Object.values(schedules).flatMap((schedule: Schedule) =>
    [schedule.label, schedule.name, ...(schedule.aliases ?? [])].map((name) => [name, schedule] as const),
  ),
]
  .map(([name, schedule]) => [normalise(name), schedule] as const)
  .sort(([a], [b]) => b.length - a.length);

const choice = (sampler: Sampler, schedule: Schedule | undefined): SamplerChoice => ({
  sampler,
  schedule: sampler.kind === 'timestep' ? undefined : schedule,
});

const unknown = (what: string, name: string, known: readonly string[]): DanqingError =>
  new DanqingError('bad-value', {
    where: what,
    expected: `one of ${known.join(', ')}`,
    found: `"${name}"`,
  });
