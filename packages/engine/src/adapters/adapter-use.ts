import type { BasePart } from './base-modules.ts';
import type { MatchedAdapter } from './match-adapter.ts';
import type { DeltaOptions } from './module-delta.ts';

/** Sampling steps, counted from 1, both ends included. */
export interface StepRange {
  readonly from: number;
  readonly to: number;
}

/** An adapter as it is put to use in one picture. */
export interface AdapterUse extends DeltaOptions {
  readonly matched: MatchedAdapter;
  /** Strengths, negative ones too; at 0 it has no effect. */
  readonly textEncoder: number;
  readonly denoiser: number;
  /** Steps in which it changes the denoiser; all when absent. The prompt is encoded with it in any case. */
  readonly steps?: StepRange | undefined;
}

/** The strength with which a use changes a part: A1111's text multiplier is for text encoders and for nothing else. */
export const strengthOn = (use: AdapterUse, part: BasePart): number =>
  part === 'denoiser' ? use.denoiser : use.textEncoder;
