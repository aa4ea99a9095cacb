import { expect, it } from 'vitest';
import { samplingDefaults } from '../sampling/options.ts';
import { isSettingName, RECORDED_SETTINGS } from './recorded-settings.ts';
import type { SettingName } from './recorded-settings.ts';
import { recordSamplingOptions, restoreSamplingOptions } from './sampling-settings.ts';

it('GEN-02: records every option of a run that is not at its default, and restores it', () => {
  expect(recordSamplingOptions(samplingDefaults)).toEqual({ rng: 'NV', settings: {} });
  expect(restoreSamplingOptions({ rng: 'GPU', settings: {} })).toEqual(samplingDefaults);
  for (const [name, usual] of Object.entries(samplingDefaults)) {
    if (name === 'randnSource') continue;
    const other = typeof usual === 'boolean' ? !usual : typeof usual === 'number' ? usual + 0.25 : `not ${usual}`;
    const options = { ...samplingDefaults, [name]: other };
    const recorded = recordSamplingOptions(options);
    expect(Object.values(recorded.settings), name).toEqual([other]);
    expect(restoreSamplingOptions(recorded), name).toEqual(options);
  }
  expect(restoreSamplingOptions(recordSamplingOptions({ ...samplingDefaults, randnSource: 'cpu' })).randnSource).toBe(
    'cpu',
  );
});

it('has the defaults that the sampling options have', () => {
  for (const [option, value] of Object.entries(samplingDefaults)) {
    if (option === 'randnSource') continue;
    const name = option.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    expect(isSettingName(name), name).toBe(true);
    expect(RECORDED_SETTINGS[name as SettingName].default, name).toBe(value);
  }
});
