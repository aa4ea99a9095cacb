import { DanqingError } from '../errors.ts';
import type { KnownFamily } from '../family.ts';
import { type Graph, input } from '../graph/value.ts';
import { createGenerator } from '../tensor/noise-generator.ts';
import type { Tensor } from '../tensor/tensor.ts';
import { fileName } from '../weights/evidence.ts';
import { smallNetwork } from './apply-hypernetworks.ts';
import type { Hypernetwork } from './hypernetwork-file.ts';

/** How a hypernetwork fits a checkpoint and what it does there. */
export interface HypernetworkFit {
  readonly file: string;
  readonly matchedKeys: number;
  readonly totalKeys: number;
  /** Widths of its networks that find an attention, and those that find none. */
  readonly widths: readonly number[];
  readonly idleWidths: readonly number[];
  /** |strength| · ‖network(x)‖ / ‖x‖ of normal noise x. */
  readonly effect: number;
}

/** Larger effects than this are no style any more but noise, and numbers that overflow on the way. */
const ABSURD = 1000;

/** Rows of noise that an effect is measured with. */
const ROWS = 32;

export interface HypernetworkContext {
  readonly family: KnownFamily;
  readonly families: readonly KnownFamily[];
  /** Width of the text that the checkpoint's denoiser takes in. */
  readonly contextWidth: number;
  /** Widths of what its attentions look at. */
  readonly attended: ReadonlySet<number>;
  /** Applied even where it does not fit. */
  readonly force: boolean;
}

/** The graph that shows what the networks for the attended widths make of noise, and the noise. */
export function effectGraph(
  hypernetwork: Hypernetwork,
  attended: ReadonlySet<number>,
): { readonly graph: Graph; readonly feeds: Readonly<Record<string, Tensor>> } {
  const widths = [...hypernetwork.byWidth].filter(([width]) => attended.has(width));
  const noise = createGenerator('nv', 0);
  const inputs = widths.map(([width]) => input(`x ${width}`, [1, ROWS, width]));
  const outputs = widths.flatMap(([width, { keys, values }], i) => [
    [`keys ${width}`, smallNetwork(inputs[i]!, keys, hypernetwork)] as const,
    [`values ${width}`, smallNetwork(inputs[i]!, values, hypernetwork)] as const,
  ]);
  const feeds = widths.map(([width]): [string, Tensor] => [
    `x ${width}`,
    { shape: [1, ROWS, width], data: noise.normal(ROWS * width) },
  ]);
  const graph = { name: 'effect of a hypernetwork', inputs, outputs: Object.fromEntries(outputs) };
  return { graph, feeds: Object.fromEntries(feeds) };
}

/** ‖network(x)‖ / ‖x‖ over all networks, at strength 1. */
export function effectOf(feeds: Readonly<Record<string, Tensor>>, results: Readonly<Record<string, Tensor>>): number {
  const squares = (tensors: Readonly<Record<string, Tensor>>): number =>
    Object.values(tensors).reduce((sum, { data }) => data.reduce((a, value) => a + value * value, sum), 0);
  return Math.sqrt(squares(results) / (2 * squares(feeds)));
}

/**
 * Refuses a hypernetwork that does not belong on this checkpoint, before anything is drawn.
 * @throws bad-shape naming the right base, unless `force`.
 */
export function checkHypernetworkBase({ file, byWidth }: Hypernetwork, context: HypernetworkContext): void {
  const widths = [...byWidth.keys()];
  const fits = widths.some((width) => context.attended.has(width));
  const isOther = (family: KnownFamily): boolean => {
    const width = family.addOns?.contextWidth;
    return width !== undefined && !context.attended.has(width) && byWidth.has(width);
  };
  const others = byWidth.has(context.contextWidth) ? [] : context.families.filter(isOther);
  if (fits && (others.length === 0 || context.force)) return;
  // Small models of a family have other widths than its name says.
  const right = others.flatMap(({ id, title }) => (id === context.family.id ? [] : title)).join(' or ');
  throw new DanqingError('bad-shape', {
    where: fileName(file),
    expected: `a hypernetwork for ${context.family.title}, with networks for text of width ${context.contextWidth}`,
    found: `${right === '' ? 'another one' : `one for ${right}`}: networks for ${widths.join(', ')}`,
    advice:
      right === ''
        ? 'Choose one that was made for this checkpoint.'
        : `Use it with a checkpoint of ${right}, or choose one that was made for ${context.family.title}.`,
  });
}

/**
 * The report on one hypernetwork.
 * @throws not-a-number when its effect is beyond all measure, unless `force`.
 */
export function fitHypernetwork(
  { file, byWidth, tensorCount }: Hypernetwork,
  strength: number,
  effect: number,
  { attended, force }: HypernetworkContext,
): HypernetworkFit {
  if (!(effect < ABSURD) && !force) {
    throw new DanqingError('not-a-number', {
      where: fileName(file),
      expected: `a change that is at most ${ABSURD} times as large as what attention looks at`,
      found: Number.isFinite(effect) ? effect.toExponential(1) : 'more than a number can hold',
      advice: 'The file is damaged, or its training went wrong.',
    });
  }
  const used = [...byWidth].filter(([width]) => attended.has(width));
  return {
    file,
    matchedKeys: used.reduce((sum, [, own]) => sum + own.tensorCount, 0),
    totalKeys: tensorCount,
    widths: used.map(([width]) => width),
    idleWidths: [...byWidth.keys()].filter((width) => !attended.has(width)),
    effect: Math.abs(strength) * effect,
  };
}

/** The report in one sentence. */
export function describeHypernetworkFit(fit: HypernetworkFit, { activationName, trainedOn }: Hypernetwork): string {
  const { matchedKeys, totalKeys, widths, idleWidths, effect } = fit;
  return [
    `${fileName(fit.file)} (hypernetwork; ${activationName}): ${matchedKeys} of ${totalKeys} keys fit, for widths ${widths.join(', ')}`,
    ...(idleWidths.length > 0 ? [`nothing here is ${idleWidths.join(' or ')} wide`] : []),
    `it changes what attention looks at by ${percent(100 * effect)} %`,
    ...(trainedOn === undefined
      ? []
      : [`it was trained on ${trainedOn}, and on other checkpoints may do less or worse`]),
  ].join('; ');
}

/** Two digits, or all before the point. */
const percent = (share: number): string => (share < 100 ? share.toPrecision(2) : String(Math.round(share)));
