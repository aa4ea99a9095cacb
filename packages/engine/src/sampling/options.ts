import type { NoiseSource } from '../tensor/noise-generator.ts';

/**
 * Everything beside prompt, sampler, scheduler, steps, CFG, seed and size that changes the numbers of a run. Each is
 * A1111's setting of the same name in snake case, with A1111's default (the noise source apart: `nv` stands for `GPU`).
 */
export interface SamplingOptions {
  /** Whose random numbers; A1111's `GPU` is `nv` here. */
  readonly randnSource: NoiseSource;
  /** ENSD: added to the seed for all noise after the first; 31337 for NovelAI's pictures. */
  readonly etaNoiseSeedDelta: number;
  /** How much fresh noise ancestral and SDE samplers add, 0 to 1. */
  readonly etaAncestral: number;
  /** How much fresh noise DDIM and DDIM CFG++ add, 0 to 1. */
  readonly etaDdim: number;
  /** Extra noise before each step of Euler, Heun and DPM2. */
  readonly sChurn: number;
  /** Lowest noise level at which there is churn. */
  readonly sTmin: number;
  /** Highest noise level at which there is churn; 0 is no limit. */
  readonly sTmax: number;
  /** Factor on the noise that samplers add. */
  readonly sNoise: number;
  /** Lowest noise level of a schedule; 0 is the model's. */
  readonly sigmaMin: number;
  /** Highest noise level of a schedule; 0 is the model's. */
  readonly sigmaMax: number;
  /** How strongly karras and polyexponential lean to low noise; 0 is the schedule's own (7 and 1). */
  readonly rho: number;
  /** First parameter of the beta schedule's distribution. */
  readonly betaDistAlpha: number;
  /** Second parameter of the beta schedule's distribution. */
  readonly betaDistBeta: number;
  /** Leaves the next-to-last noise level out for every sampler. */
  readonly alwaysDiscardNextToLastSigma: boolean;
  /** Noise levels from 0.1 to 10 whatever the model, as before A1111 1.6. */
  readonly useOldKarrasSchedulerSigmas: boolean;
  /** Scales the start noise by √(1 + σ²) instead of σ. */
  readonly sgmNoiseMultiplier: boolean;
  /** Noise levels as trained, or stretched so that the last is (almost) pure noise. */
  readonly sdNoiseSchedule: 'Default' | 'Zero Terminal SNR';
  /** Noise levels in half precision, as before A1111 1.8. */
  readonly useDowncastedAlphaBar: boolean;
  /** Rounds the model's time to the trained steps instead of interpolating. */
  readonly enableQuantization: boolean;
  /** One Brownian path for the whole batch instead of one for each image. */
  readonly noDpmppSdeBatchDeterminism: boolean;
  /** Below this noise level the negative prompt is left out in every second step; 0 never. */
  readonly sMinUncond: number;
  /** Leaves the negative prompt out in all steps below `sMinUncond`. */
  readonly sMinUncondAll: boolean;
  /** Share of the steps, from the first, in which the negative prompt is left out. */
  readonly skipEarlyCond: number;
  /** Pads the shorter of prompt and negative prompt with empty chunks, so that both go through the model together. */
  readonly padCondUncond: boolean;
  /** Repeats the negative prompt's last vector, or cuts the negative prompt, to the length of the prompt. */
  readonly padCondUncondV0: boolean;
  /** Puts prompt and negative prompt through the model together where their lengths allow it. */
  readonly batchCondUncond: boolean;
  /** Factor on the noise of img2img. */
  readonly initialNoiseMultiplier: number;
  /** Noise added to the start of img2img and of the hires pass. */
  readonly img2imgExtraNoise: number;
  /** Runs as many steps as asked for in img2img, whatever the strength. */
  readonly img2imgFixSteps: boolean;
  /** Lets the refiner take over by the share of steps done instead of the share of noise gone. */
  readonly refinerSwitchBySampleSteps: boolean;
  /** UniPC's B(h), or coefficients that vary with the steps. */
  readonly uniPcVariant: 'bh1' | 'bh2' | 'vary_coeff';
  /** How UniPC spaces its times. */
  readonly uniPcSkipType: 'time_uniform' | 'time_quadratic' | 'logSNR';
  /** Highest order of UniPC, at least 1. */
  readonly uniPcOrder: number;
  /** Lowers UniPC's order in the last steps. */
  readonly uniPcLowerOrderFinal: boolean;
}

/** A1111's defaults. */
export const samplingDefaults: SamplingOptions = {
  randnSource: 'nv',
  etaNoiseSeedDelta: 0,
  etaAncestral: 1,
  etaDdim: 0,
  sChurn: 0,
  sTmin: 0,
  sTmax: 0,
  sNoise: 1,
  sigmaMin: 0,
  sigmaMax: 0,
  rho: 0,
  betaDistAlpha: 0.6,
  betaDistBeta: 0.6,
  alwaysDiscardNextToLastSigma: false,
  useOldKarrasSchedulerSigmas: false,
  sgmNoiseMultiplier: false,
  sdNoiseSchedule: 'Default',
  useDowncastedAlphaBar: false,
  enableQuantization: false,
  noDpmppSdeBatchDeterminism: false,
  sMinUncond: 0,
  sMinUncondAll: false,
  skipEarlyCond: 0,
  padCondUncond: false,
  padCondUncondV0: false,
  batchCondUncond: true,
  initialNoiseMultiplier: 1,
  img2imgExtraNoise: 0,
  img2imgFixSteps: false,
  refinerSwitchBySampleSteps: false,
  uniPcVariant: 'bh1',
  uniPcSkipType: 'time_uniform',
  uniPcOrder: 3,
  uniPcLowerOrderFinal: true,
};
