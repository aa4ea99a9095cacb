import { describeFewSteps } from '../identify/few-steps.ts';
import { fileName } from '../weights/evidence.ts';
import type { Words } from '../words.ts';
import type { BasePart } from './base-modules.ts';
import type { AdapterFit } from './fit-adapter.ts';

/** The report on an adapter as people are told: layout, keys, sizes, effect, trigger words, its author's advice. */
export function describeFit(fit: AdapterFit): Words {
  return { en: inEnglish(fit), zh: inChinese(fit) };
}

function inEnglish(fit: AdapterFit): string {
  const { present, missing } = fit.triggers;
  const left = fit.totalKeys - fit.matchedKeys;
  const ranks = fit.ranks.length > 0 ? `, rank ${rangeOf(fit.ranks)}` : '';
  const advice = adviceOf(fit).map(([name, value]) => `${name.en} ${value}`);
  return [
    `${fileName(fit.file)} (${fit.kinds.join(', ')}${ranks}; ${fit.layout.en}): ${fit.matchedKeys} of ${fit.totalKeys} keys fit`,
    ...(left > 0 && fit.leftOut[0] !== undefined ? [`left out ${left}, such as ${fit.leftOut[0].says}`] : []),
    ...listOf(effectsOf(fit, 'en'), 'it changes ', ', '),
    ...listOf(present, 'trigger words in the prompt: ', ', '),
    ...listOf(missing, 'trigger words not in the prompt: ', ', '),
    ...listOf(advice, 'its author advises ', ', '),
    ...wordsOf(fit).map(({ en }) => en),
  ].join('; ');
}

function inChinese(fit: AdapterFit): string {
  const { present, missing } = fit.triggers;
  const left = fit.totalKeys - fit.matchedKeys;
  const ranks = fit.ranks.length > 0 ? `，秩 ${rangeOf(fit.ranks)}` : '';
  const advice = adviceOf(fit).map(([name, value]) => `${name.zh} ${value}`);
  return [
    `${fileName(fit.file)}（${fit.kinds.join('、')}${ranks}；${fit.layout.zh}）：${fit.totalKeys} 个键中有 ${fit.matchedKeys} 个匹配`,
    ...(left > 0 && fit.leftOut[0] !== undefined ? [`略去 ${left} 个，例如 ${fit.leftOut[0].says}`] : []),
    ...listOf(effectsOf(fit, 'zh'), '改变幅度：', '，'),
    ...listOf(present, '提示词中已有的触发词：', '、'),
    ...listOf(missing, '提示词中没有的触发词：', '、'),
    ...listOf(advice, '作者建议：', '，'),
    ...wordsOf(fit).map(({ zh }) => zh),
  ].join('；');
}

const listOf = (items: readonly string[], before: string, comma: string): string[] =>
  items.length > 0 ? [before + items.join(comma)] : [];

const wordsOf = ({ advice: { fewSteps }, remarks }: AdapterFit): readonly Words[] =>
  fewSteps === undefined ? remarks : [describeFewSteps(fewSteps), ...remarks];

const rangeOf = (ranks: readonly number[]): string => [...new Set([ranks[0], ranks.at(-1)])].join('–');

const PARTS: Readonly<Record<BasePart, Words>> = {
  denoiser: { en: 'the denoiser by', zh: '去噪网络' },
  'text-encoder-1': { en: 'the text encoder by', zh: '文本编码器' },
  'text-encoder-2': { en: 'the second text encoder by', zh: '第二个文本编码器' },
};

const effectsOf = ({ effect }: AdapterFit, language: keyof Words): string[] =>
  Object.entries(effect).map(([part, size]) => `${PARTS[part as BasePart][language]} ${percent(size)}`);

const percent = (share: number): string => `${Number((100 * share).toPrecision(2))} %`;

function adviceOf({ advice }: AdapterFit): (readonly [Words, string])[] {
  const { preferredWeight, clipSkip, vae } = advice;
  return [
    ...(preferredWeight ? [[{ en: 'weight', zh: '权重' }, String(preferredWeight)] as const] : []),
    ...(clipSkip !== undefined ? [[{ en: 'CLIP skip', zh: 'CLIP 跳过层' }, String(clipSkip)] as const] : []),
    ...(vae !== undefined ? [[{ en: 'VAE', zh: 'VAE' }, vae] as const] : []),
  ];
}
