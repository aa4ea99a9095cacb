import { describeParameters } from '@danqing/engine/image/describe-parameters';
import { describeReceipt } from '@danqing/engine/image/describe-receipt';
import type { GenerationParameters } from '@danqing/engine/image/generation-parameters';
import { readPictureFile } from './read-picture-file.ts';

type Lines = readonly (readonly [label: string, value: string])[];

/** Everything that a picture file says about itself, in words for people and as plain data. */
export interface PictureDescription {
  readonly format: string;
  readonly width: number;
  readonly height: number;
  readonly program: string | undefined;
  /** The settings of every sampling pass; one for most pictures, none where nothing is understood. */
  readonly passes: readonly Lines[];
  /** What was really applied, where a receipt says so. */
  readonly receipt: Lines;
  readonly details: Lines;
  /** The texts in the file: keyword and number of characters. */
  readonly texts: readonly { readonly keyword: string; readonly characters: number }[];
  readonly hasWorkflow: boolean;
  readonly notes: readonly string[];
  /** The same and the texts themselves, ready for JSON: seeds are numbers, or text where a number cannot hold them. */
  readonly data: unknown;
}

/** Reads a picture file of any known program and describes it. @throws what reading it throws. */
export async function describePictureFile(path: string): Promise<PictureDescription> {
  const { picture } = await readPictureFile(path);
  const { format, width, height, program, parameters, receipt, texts, details, notes } = picture;
  const passes: readonly GenerationParameters[] = picture.passes ?? (parameters === undefined ? [] : [parameters]);
  return {
    format: format.toUpperCase(),
    width,
    height,
    program,
    passes: passes.map(describeParameters),
    receipt: receipt === undefined ? [] : describeReceipt(receipt),
    details,
    texts: [...texts].map(([keyword, text]) => ({ keyword, characters: text.length })),
    hasWorkflow: texts.get('workflow')?.trimStart().startsWith('{') === true,
    notes,
    data: plainData({ path, ...picture, texts: Object.fromEntries(texts) }),
  };
}

const plainData = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner !== 'bigint') return inner;
      return inner <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(inner) : inner.toString();
    }),
  );
