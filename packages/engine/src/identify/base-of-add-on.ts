import type { KnownFamily } from '../family.ts';
import type { Words } from '../words.ts';
import type { AddOnModule } from './read-add-on.ts';

/** For which families an add-on was made, and why it is thought so. */
export interface Base {
  readonly families: readonly KnownFamily[];
  readonly why: Words;
}

/** Widths of the blocks of UNets: layers of other widths take in text. */
const BLOCK_WIDTHS = new Set([320, 640, 1280, 2560, 5120, 10_240]);

/** Finds the base of an add-on by its shapes, else by the names of its modules; undefined when neither tells. */
export function baseOfAddOn(modules: readonly AddOnModule[], families: readonly KnownFamily[]): Base | undefined {
  return (
    byContext(modules, families) ??
    byNames(modules, families) ??
    byText(modules, families) ??
    byEntry(modules, families)
  );
}

/** By the width of the text vectors that its cross-attention takes in. */
function byContext(modules: readonly AddOnModule[], families: readonly KnownFamily[]): Base | undefined {
  for (const { path, target, algorithm, shapes } of modules) {
    if (target !== 'denoiser') continue;
    const isKey = path.endsWith('attn2_to_k') || path.endsWith('attn2_to_v');
    if (path !== '' && !isKey) continue;
    const width = algorithm.inputWidth(shapes);
    // Where modules are only counted, a width that no block has is that of the text.
    if (width === undefined || (path === '' && BLOCK_WIDTHS.has(width))) continue;
    const fitting = families.filter(({ addOns }) => addOns?.contextWidth === width);
    if (fitting.length > 0) {
      return {
        families: fitting,
        why: { en: `its cross-attention takes in text of width ${width}`, zh: `交叉注意力的文本输入宽 ${width}` },
      };
    }
  }
  return undefined;
}

/** By pieces of module names that only one family has; the longest piece counts. */
function byNames(modules: readonly AddOnModule[], families: readonly KnownFamily[]): Base | undefined {
  let best: { readonly family: KnownFamily; readonly piece: string } | undefined;
  for (const family of families) {
    for (const piece of family.addOns?.modules ?? []) {
      if (best !== undefined && piece.length <= best.piece.length) continue;
      const having = modules.filter(({ target, path }) => target === 'denoiser' && hasPiece(path, piece));
      if (having.length > 0 && hasWidth(having, family.addOns?.widths)) best = { family, piece };
    }
  }
  if (best === undefined) return undefined;
  const { family, piece } = best;
  return {
    families: [family],
    why: { en: `modules with “${piece.replace('^', '')}” in their names`, zh: `模块名含“${piece.replace('^', '')}”` },
  };
}

const hasPiece = (path: string, piece: string): boolean =>
  piece.startsWith('^') ? path.startsWith(piece.slice(1)) : path.includes(piece);

/** Whether one of the widths occurs among the inputs, or nothing is known of them. */
function hasWidth(modules: readonly AddOnModule[], widths: readonly number[] | undefined): boolean {
  if (widths === undefined) return true;
  const found = modules
    .map(({ algorithm, shapes }) => algorithm.inputWidth(shapes))
    .filter((width): width is number => width !== undefined);
  return found.length === 0 || found.some((width) => widths.includes(width));
}

/** By the text encoders that it changes. */
function byText(modules: readonly AddOnModule[], families: readonly KnownFamily[]): Base | undefined {
  const widths = (['text-encoder-1', 'text-encoder-2', 'text-encoder-3'] as const)
    .map((target) => textWidth(modules.filter((module) => module.target === target)))
    .filter((width) => width !== undefined);
  if (widths.length === 0) return undefined;
  const fitting = families.filter(({ addOns }) => isSame(addOns?.textWidths ?? [], widths));
  if (fitting.length === 0) return undefined;
  return {
    families: fitting,
    why: {
      en: `it changes text encoders of width ${widths.join(' and ')}`,
      zh: `它修改宽 ${widths.join('、')} 的文本编码器`,
    },
  };
}

/** The width of a text encoder: that of its attention, and the smallest there is. */
function textWidth(modules: readonly AddOnModule[]): number | undefined {
  const widths = modules
    .map(({ algorithm, shapes }) => algorithm.inputWidth(shapes) ?? algorithm.outputWidth(shapes))
    .filter((width) => width !== undefined);
  return widths.length === 0 ? undefined : Math.min(...widths);
}

/** By the layers at the entries of transformers: convolutions in SD 1.x. */
function byEntry(modules: readonly AddOnModule[], families: readonly KnownFamily[]): Base | undefined {
  const entry = modules.find(({ path, shapes }) => path.endsWith('proj_in') && hasConvolution(shapes));
  if (entry === undefined) return undefined;
  return {
    families: families.filter(({ addOns }) => addOns?.entersByConvolution === true),
    why: {
      en: 'it changes convolutions at the entries of transformers',
      zh: '它修改 Transformer 入口处的卷积',
    },
  };
}

const hasConvolution = (shapes: AddOnModule['shapes']): boolean => shapes.shapes.some((shape) => shape.length === 4);

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((width, i) => width === b[i]);
