import type { AestheticSettings } from '../adapters/aesthetic-gradient/aesthetic-gradient.ts';
import { printPython } from './python-text.ts';

/** An aesthetic embedding in use, as a picture records it. */
export interface RecordedAesthetic extends AestheticSettings {
  /** Name of its file without the ending. */
  readonly embedding: string;
}

/** The parameters that A1111's extension for aesthetic gradients writes, in its order and form. */
export function writeAesthetic(used: RecordedAesthetic | undefined): [key: string, value: string][] {
  if (used === undefined) return [];
  return [
    ['Aesthetic LR', printPython(used.learningRate)],
    ['Aesthetic weight', printPython(used.weight)],
    ['Aesthetic steps', String(used.steps)],
    ['Aesthetic embedding', used.embedding],
    ['Aesthetic slerp', printBoolean(used.slerp)],
    ['Aesthetic text', used.text],
    ['Aesthetic text negative', printBoolean(used.textNegative)],
    ['Aesthetic slerp angle', printPython(used.slerpAngle)],
  ];
}

/** Reads them again; undefined where no embedding was used. What is not understood is left out, to be the usual. */
export function readAesthetic(
  extra: readonly (readonly [key: string, value: string])[],
): (Partial<AestheticSettings> & Pick<RecordedAesthetic, 'embedding'>) | undefined {
  const fields = new Map(extra);
  const embedding = fields.get('Aesthetic embedding');
  if (embedding === undefined || embedding === '' || embedding === 'None') return undefined;
  const numberOf = (key: string): number => Number(fields.get(key)?.trim() || NaN);
  const numbers = Object.entries({
    learningRate: numberOf('Aesthetic LR'),
    weight: numberOf('Aesthetic weight'),
    steps: numberOf('Aesthetic steps'),
    slerpAngle: numberOf('Aesthetic slerp angle'),
  }).filter(([, value]) => Number.isFinite(value));
  return {
    embedding,
    ...(Object.fromEntries(numbers) as Partial<AestheticSettings>),
    slerp: isTrue(fields.get('Aesthetic slerp')),
    text: fields.get('Aesthetic text') ?? '',
    textNegative: isTrue(fields.get('Aesthetic text negative')),
  };
}

const printBoolean = (value: boolean): string => (value ? 'True' : 'False');

const isTrue = (text: string | undefined): boolean => text?.toLowerCase() === 'true';
