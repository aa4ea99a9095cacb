import { samplingDefaults } from '../sampling/options.ts';
import type { SamplingOptions } from '../sampling/options.ts';
import type { NoiseSource } from '../tensor/noise-generator.ts';
import type { GenerationParameters, RecordedRng } from './generation-parameters.ts';
import { isSettingName, RECORDED_SETTINGS } from './recorded-settings.ts';
import type { SettingName, SettingValue } from './recorded-settings.ts';

type Recorded = Pick<GenerationParameters, 'rng' | 'settings'>;

/** What a picture records of the options of its run: those that are not at their defaults, and the noise source always. */
export function recordSamplingOptions(options: SamplingOptions): Recorded {
  const settings: Partial<Record<SettingName, SettingValue>> = {};
  for (const [name, value] of Object.entries(options) as [string, SettingValue][]) {
    const setting = settingName(name);
    if (isSettingName(setting) && value !== RECORDED_SETTINGS[setting].default) settings[setting] = value;
  }
  return { rng: options.randnSource === 'nv' ? 'NV' : 'CPU', settings };
}

/** The options that make a recorded picture again. A graphics card's noise is computed as `nv`. */
export function restoreSamplingOptions({ rng, settings }: Recorded): SamplingOptions {
  const restored = Object.keys(samplingDefaults).flatMap((name): [string, SettingValue][] => {
    const value = settings[settingName(name) as SettingName];
    return value === undefined ? [] : [[name, value]];
  });
  return { ...samplingDefaults, ...Object.fromEntries(restored), randnSource: NOISE_SOURCES[rng] };
}

const NOISE_SOURCES: Readonly<Record<RecordedRng, NoiseSource>> = { GPU: 'nv', NV: 'nv', CPU: 'cpu' };

/** Options are A1111's settings in camel case. */
const settingName = (option: string): string => option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
