import { digit, trimEnd, trimStart, whitespace, wholeWord } from '../character-classes.ts';
import { parseDecimal } from './decimal.ts';
import { quote } from './prompt-note.ts';
import type { PromptNote } from './prompt-note.ts';

/** A run of prompt text with one weight; a chunk break is the text `BREAK` with the weight −1. */
export interface EmphasisSegment {
  readonly text: string;
  readonly weight: number;
}

/** What brackets do to the weight of what they hold. */
const roundFactor = 1.1;
const squareFactor = 1 / 1.1;

const breakText = 'BREAK';
const breakWeight = -1;

/**
 * Brackets inside this many open ones of their kind have no further effect. The original gives up earlier (its recursion limit), and
 * 1.1^512 is beyond any use; the bound keeps the work proportional to the length and the weights finite.
 */
const deepestNesting = 512;

/** Whether a segment stands for the end of a chunk. */
export const isBreak = (segment: EmphasisSegment): boolean =>
  segment.text === breakText && segment.weight === breakWeight;

const tokens = new RegExp(
  String.raw`\\[()[\]\\]?|[([]|:${whitespace}*([+-]?[.${digit}]+)${whitespace}*\)|[)\]]|[^\\()[\]:]+|:`,
  'gu',
);
const breakWord = wholeWord(breakText);

/**
 * Reads A1111 emphasis: `(x)` × 1.1, `[x]` ÷ 1.1, `(x:1.3)`, escapes `\( \) \[ \] \\`, brackets that are never closed reach to the end,
 * `BREAK` becomes a segment of its own, equal neighbours are one. The factors of nested brackets multiply from the inside out, as
 * float64. Never throws.
 */
export function parseEmphasis(text: string): { segments: EmphasisSegment[]; notes: PromptNote[] } {
  const notes: PromptNote[] = [];
  const texts: string[] = [];
  const weights: number[] = [];
  const breaks = new Set<number>();
  const round = new OpenBrackets(weights);
  const square = new OpenBrackets(weights);
  const add = (piece: string, weight = 1): void => {
    texts.push(piece);
    weights.push(weight);
  };

  for (const match of text.matchAll(tokens)) {
    const [token, written] = match;
    if (token.startsWith('\\')) add(token.slice(1));
    else if (token === '(') round.open();
    else if (token === '[') square.open();
    else if (written !== undefined && round.any) {
      const weight = parseDecimal(written);
      if (weight === undefined) {
        // A1111 stops with an error here; the group keeps the weight of plain brackets and the text stays visible.
        notes.push({
          code: 'weight-not-a-number',
          message: `${quote(written)} is no number; the group around it has the weight 1.1.`,
        });
        add(token.slice(0, -1));
      }
      round.close(weight ?? roundFactor);
    } else if (token === ')' && round.any) round.close(roundFactor);
    else if (token === ']' && square.any) square.close(squareFactor);
    else {
      splitAtBreaks(token).forEach((part, index) => {
        if (index > 0) {
          breaks.add(texts.length);
          add(breakText, breakWeight);
        }
        add(part);
      });
    }
  }
  round.closeAll(roundFactor);
  square.closeAll(squareFactor);

  if (round.tooDeep || square.tooDeep) {
    const message = `Brackets nested deeper than ${deepestNesting} have no further effect.`;
    notes.push({ code: 'nesting-too-deep', message });
  }
  if ([...breaks].some((index) => weights[index] !== breakWeight)) {
    const message =
      'BREAK inside brackets is read as the word "break" with a negative weight, as in A1111. Put it outside the brackets.';
    notes.push({ code: 'break-in-brackets', message });
  }
  return { segments: mergeNeighbours(texts, weights), notes };
}

/** The open brackets of one kind; closing one multiplies every weight since it was opened. */
class OpenBrackets {
  tooDeep = false;
  readonly #weights: number[];
  readonly #starts: number[] = [];
  #ignored = 0;

  constructor(weights: number[]) {
    this.#weights = weights;
  }

  get any(): boolean {
    return this.#starts.length > 0;
  }

  open(): void {
    if (this.#starts.length < deepestNesting) this.#starts.push(this.#weights.length);
    else {
      this.#ignored++;
      this.tooDeep = true;
    }
  }

  close(factor: number): void {
    if (this.#ignored > 0) this.#ignored--;
    else this.#multiplyFrom(this.#starts.pop() ?? this.#weights.length, factor);
  }

  /** Brackets left open reach to the end, the outermost first. */
  closeAll(factor: number): void {
    for (const start of this.#starts) this.#multiplyFrom(start, factor);
  }

  #multiplyFrom(start: number, factor: number): void {
    for (let i = start; i < this.#weights.length; i++) this.#weights[i] = (this.#weights[i] ?? 1) * factor;
  }
}

/** The parts between the words BREAK, without the white space around those words. */
function splitAtBreaks(text: string): string[] {
  const parts = text.split(breakWord);
  return parts.map((part, i) => {
    const start = i > 0 ? trimStart(part) : part;
    return i < parts.length - 1 ? trimEnd(start) : start;
  });
}

function mergeNeighbours(texts: readonly string[], weights: readonly number[]): EmphasisSegment[] {
  const segments: EmphasisSegment[] = [];
  let run: string[] = [];
  texts.forEach((text, i) => {
    run.push(text);
    const weight = weights[i] ?? 1;
    if (weights[i + 1] === weight) return;
    segments.push({ text: run.join(''), weight });
    run = [];
  });
  return segments.length > 0 ? segments : [{ text: '', weight: 1 }];
}
