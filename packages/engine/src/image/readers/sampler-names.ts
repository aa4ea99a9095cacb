/** Schedulers by every name that stands behind a sampler's name in a joined name, longest first; value: A1111's label. */
const SCHEDULER_LABELS = new Map<string, string>([
  ['align_your_steps', 'Align Your Steps'],
  ['Align Your Steps', 'Align Your Steps'],
  ['Polyexponential', 'Polyexponential'],
  ['polyexponential', 'Polyexponential'],
  ['Exponential', 'Exponential'],
  ['exponential', 'Exponential'],
  ['sgm_uniform', 'SGM Uniform'],
  ['SGM Uniform', 'SGM Uniform'],
  ['SGMUniform', 'SGM Uniform'],
  ['kl_optimal', 'KL Optimal'],
  ['KL Optimal', 'KL Optimal'],
  ['Automatic', 'Automatic'],
  ['automatic', 'Automatic'],
  ['Uniform', 'Uniform'],
  ['uniform', 'Uniform'],
  ['Karras', 'Karras'],
  ['karras', 'Karras'],
  ['Simple', 'Simple'],
  ['simple', 'Simple'],
  ['Normal', 'Normal'],
  ['normal', 'Normal'],
  ['Beta', 'Beta'],
  ['beta', 'Beta'],
  ['DDIM', 'DDIM'],
  ['ddim', 'DDIM'],
]);

export interface SamplerAndScheduler {
  readonly samplerName: string;
  readonly scheduler?: string;
}

/** Splits a joined name: `DPM++ 2M Karras` is the sampler `DPM++ 2M` with the scheduler `Karras`. */
export function splitJoinedSampler(name: string): SamplerAndScheduler {
  for (const [ending, scheduler] of SCHEDULER_LABELS) {
    if (name.endsWith(` ${ending}`)) return { samplerName: name.slice(0, -ending.length - 1), scheduler };
  }
  return { samplerName: name };
}
