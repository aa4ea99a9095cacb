import type { Mistake } from '../../scripts/mistake.ts';

const folder = 'packages/engine/src/sampling';
const generatorTests = ['packages/engine/src/tensor/noise-generator.test.ts'];
const imageNoiseTests = [`${folder}/noise/image-noise.test.ts`];
const brownianTests = [`${folder}/noise/brownian-noise.test.ts`];
const tableTests = [`${folder}/sigma-table.test.ts`];
const levelTests = [`${folder}/build-sigmas.test.ts`];
const samplerTests = [`${folder}/samplers/samplers.test.ts`];
const guidanceTests = [`${folder}/guidance/guided-model.test.ts`];
const runTests = [`${folder}/sample-latents.test.ts`];

// Mistakes in noise, noise levels, samplers and guidance.
export const mistakes: Mistake[] = [
  {
    id: 'sampling-philox-cos',
    what: 'the noise of CUDA takes the cosine of its angle',
    file: 'packages/engine/src/tensor/philox-generator.ts',
    find: 'Math.sin(v)',
    replace: 'Math.cos(v)',
    tests: generatorTests,
  },
  {
    id: 'sampling-torch-cos-sin',
    what: 'the noise of torch swaps cosine and sine',
    file: 'packages/engine/src/tensor/torch-cpu-generator.ts',
    find: 'values[j] = radius * angles[1]!',
    replace: 'values[j] = radius * angles[0]!',
    tests: generatorTests,
  },
  {
    id: 'sampling-torch-tail',
    what: 'the last 16 numbers of an uneven draw are not drawn anew',
    file: 'packages/engine/src/tensor/torch-cpu-generator.ts',
    find: 'this.#fillUniform(tail);',
    replace: '',
    tests: generatorTests,
  },
  {
    id: 'sampling-slerp-axis',
    what: 'variations are mixed along the width',
    file: `${folder}/noise/slerp.ts`,
    find: 'for (let x = 0; x < width; x++) visit(channel * width + x, channel * height * width + x);',
    replace: 'for (let x = 0; x < width; x++) visit(channel * width + x, (channel * width + x) * height);',
    tests: imageNoiseTests,
  },
  {
    id: 'sampling-variation-seeds',
    what: 'a batch of variations counts the seed up too',
    file: `${folder}/noise/image-noise.ts`,
    find: 'subseedStrength === 0 ? BigInt',
    replace: 'subseedStrength >= 0 ? BigInt',
    tests: imageNoiseTests,
  },
  {
    id: 'sampling-brownian-sign',
    what: 'Brownian noise has the sign of rising levels',
    file: `${folder}/noise/brownian-noise.ts`,
    find: 'falls ? -root : root',
    replace: 'falls ? root : -root',
    tests: brownianTests,
  },
  {
    id: 'sampling-beta-schedule',
    what: 'the betas are spaced evenly instead of their roots',
    file: `${folder}/sigma-table.ts`,
    find: 'const beta = (first + ((last - first) * i) / (TRAINING_STEPS - 1)) ** 2;',
    replace: 'const beta = first ** 2 + ((last ** 2 - first ** 2) * i) / (TRAINING_STEPS - 1);',
    tests: tableTests,
  },
  {
    id: 'sampling-time-rounded',
    what: 'the time of a noise level is rounded',
    file: `${folder}/sigma-table.ts`,
    find: 'return fround(fround(fround(1 - share) * lower) + fround(share * (lower + 1)));',
    replace: 'return Math.round(fround(fround(1 - share) * lower) + fround(share * (lower + 1)));',
    tests: tableTests,
  },
  {
    id: 'sampling-karras-rho',
    what: 'the karras schedule has another steepness',
    file: `${folder}/schedules/karras.ts`,
    find: 'rho: 7,',
    replace: 'rho: 6,',
    tests: levelTests,
  },
  {
    id: 'sampling-schedule-off-by-one',
    what: 'the simple schedule begins one trained step low',
    file: `${folder}/schedules/simple.ts`,
    find: 'sigmas.length - 1 - Math.floor',
    replace: 'sigmas.length - 2 - Math.floor',
    tests: levelTests,
  },
  {
    id: 'sampling-discard',
    what: 'DPM2 keeps its next-to-last level',
    file: `${folder}/samplers/dpm-2.ts`,
    find: 'discardsNextToLastSigma: true',
    replace: 'discardsNextToLastSigma: false',
    tests: levelTests,
  },
  {
    id: 'sampling-ancestral-swap',
    what: 'an ancestral step goes down to the level of its fresh noise',
    file: `${folder}/steps/ancestral-step.ts`,
    find: 'return { down: round(Math.sqrt(round(toSquared - round(up * up)))), up };',
    replace: 'return { down: up, up: round(Math.sqrt(round(toSquared - round(up * up)))) };',
    tests: samplerTests,
  },
  {
    id: 'sampling-multistep-sign',
    what: 'DPM++ 2M extrapolates the wrong way',
    file: `${folder}/samplers/dpmpp-2m.ts`,
    find: '[1 + 1 / (2 * ratio), denoised], [-1 / (2 * ratio), before]',
    replace: '[1 - 1 / (2 * ratio), denoised], [1 / (2 * ratio), before]',
    tests: samplerTests,
  },
  {
    id: 'sampling-euler-draw',
    what: 'Euler draws no noise when it adds none',
    file: `${folder}/steps/churn.ts`,
    find: 'const noise = run.noise();',
    replace: 'const noise = run.options.sChurn > 0 ? run.noise() : x;',
    tests: samplerTests,
  },
  {
    id: 'sampling-ddim-last',
    what: 'DDIM runs the lowest time too',
    file: `${folder}/steps/ddim.ts`,
    find: 'const steps = timesteps.length - 1;',
    replace: 'const steps = timesteps.length - 2;',
    tests: samplerTests,
  },
  {
    id: 'sampling-cfg-from-cond',
    what: 'guidance starts from the prompt instead of the negative prompt',
    file: `${folder}/guidance/guided-model.ts`,
    find: 'results[conds.length + image] ?? own[0]!',
    replace: 'own[0] ?? results[conds.length + image]!',
    tests: guidanceTests,
  },
  {
    id: 'sampling-step-count',
    what: 'calls of the model are counted from 1',
    file: `${folder}/guidance/guided-model.ts`,
    find: 'const step = this.#count.calls++;',
    replace: 'const step = ++this.#count.calls;',
    tests: guidanceTests,
  },
  {
    id: 'sampling-skipped-steps',
    what: 'the negative prompt is left out in even steps',
    file: `${folder}/guidance/guided-model.ts`,
    find: 'step % 2 === 1',
    replace: 'step % 2 === 0',
    tests: guidanceTests,
  },
  {
    id: 'sampling-input-scale',
    what: 'the model sees the latent unscaled',
    file: `${folder}/sample-latents.ts`,
    find: 'input: combine([1 / Math.sqrt(level ** 2 + 1), x])',
    replace: 'input: combine([1, x])',
    tests: runTests,
  },
  {
    id: 'sampling-img2img-slice',
    what: 'img2img begins one level low',
    file: `${folder}/sample-latents.ts`,
    find: 'plan.scheduleSteps - plan.encodeSteps - 1',
    replace: 'plan.scheduleSteps - plan.encodeSteps',
    tests: runTests,
  },
  {
    id: 'sampling-ensd-start',
    what: 'ENSD changes the start noise',
    file: `${folder}/noise/image-noise.ts`,
    find: 'this.#generators = request.seeds.map(({ seed }) => createGenerator(request.source, seed));',
    replace:
      'this.#generators = request.seeds.map(({ seed }) => createGenerator(request.source, seedBits(seed) + BigInt(request.seedDelta)));',
    tests: imageNoiseTests,
  },
];
