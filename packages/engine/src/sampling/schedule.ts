import type { SamplingOptions } from './options.ts';
import type { SigmaTable } from './sigma-table.ts';

/** What a schedule makes its noise levels from. */
export interface ScheduleRequest {
  /** At least 1. */
  readonly steps: number;
  /** The model's lowest and highest noise level, or what the options put in their place. */
  readonly sigmaMin: number;
  readonly sigmaMax: number;
  /** Steepness, for a schedule that has one. */
  readonly rho: number;
  readonly table: SigmaTable;
  readonly options: SamplingOptions;
}

/** A rule for the noise levels at which a sampler stops on its way down; A1111's "scheduler" or "schedule type". */
export interface Schedule {
  /** The name in commands and settings: `sgm_uniform`. */
  readonly name: string;
  /** The name in menus and picture data: `SGM Uniform`. */
  readonly label: string;
  readonly aliases?: readonly string[];
  /** The steepness that it has where no option gives another. */
  readonly rho?: number;
  /** Falling noise levels as float32 numbers, the last one mostly 0; mostly `steps` + 1 of them. */
  sigmas(request: ScheduleRequest): number[];
}
