import type { GenerationParameters } from './generation-parameters.ts';
import { badField, checkFields, hash, listOf, number, object, optionalIn, text } from './json-checks.ts';
import { asObject, getNumber, parseJsonObject } from './json.ts';
import { parseParameters, printParameters } from './receipt-parameters.ts';
import type { SettingValue } from './recorded-settings.ts';

/** A model file as a receipt names it; the hashes find it again under any name. */
export interface FileRecord {
  readonly name: string;
  /** SHA-256 of the whole file, 64 hex digits. */
  readonly sha256?: string;
  /** SHA-256 of the tensors alone, the same after the metadata or the container has changed. */
  readonly tensorSha256?: string;
}

/** An adapter or embedding that was applied, and how much of it found a place. */
export interface AppliedAddOn extends FileRecord {
  readonly kind: string;
  readonly weight: number;
  /** Of the text encoder, where that is another. */
  readonly textEncoderWeight?: number;
  readonly matchedKeys: number;
  readonly totalKeys: number;
  /** Of an embedding: how many vectors its word stands for, and which prompts called it. */
  readonly vectors?: number;
  readonly usedIn?: readonly string[];
  /** How its keys are named: kohya, PEFT … */
  readonly layout?: string;
  /** |weight| · ‖ΔW‖ / ‖W‖ by part. */
  readonly effect?: Readonly<Record<string, number>>;
  /** Its trigger words, by whether the prompt has them. */
  readonly triggers?: { readonly present: readonly string[]; readonly missing: readonly string[] };
  /** Why keys had no effect, in words. */
  readonly leftOut?: readonly string[];
}

/** One prompt as it was encoded. */
export interface EncodedPrompt {
  readonly tokens: number;
  /** Pieces of 75 tokens. */
  readonly chunks: number;
}

/** What was really applied when a picture was made; everything that `verify` needs, and everything people ask. */
export interface Receipt {
  /** Version of this record. */
  readonly format: number;
  /** Program and version, for example `danqing-0.1.0`. */
  readonly engine: string;
  readonly runtime: {
    /** Runtime and version, for example `onnxruntime-node 1.30.0`. */
    readonly name: string;
    readonly provider: string;
    /** How it trades memory against speed. */
    readonly mode: string;
  };
  readonly checkpoint: FileRecord;
  /** The checkpoint that took over from `switchAt` on and finished the picture. */
  readonly refiner?: FileRecord & { readonly switchAt: number };
  /** The VAE that decoded, and why that one. Name `built-in` for the one inside the checkpoint. */
  readonly vae: FileRecord & { readonly why: string };
  readonly addOns: readonly AppliedAddOn[];
  readonly text: {
    readonly prompt: EncodedPrompt;
    readonly negativePrompt: EncodedPrompt;
    /** After clamping to the layers there are. */
    readonly clipSkip: number;
    /** Tags of the prompt that nothing handled. */
    readonly ignoredTags: readonly string[];
  };
  readonly sampling: {
    readonly samplerName: string;
    /** The scheduler that `Automatic` stood for. */
    readonly scheduler: string;
    readonly sigmas: number;
    /** Whose random numbers, `nv` or `cpu`. */
    readonly noise: string;
    readonly options: Readonly<Record<string, SettingValue>>;
  };
  /** The parameters exactly, with the white space that an infotext loses. */
  readonly parameters: GenerationParameters;
  readonly notes: readonly string[];
  /** SHA-256 of the rows of red, green, blue bytes. */
  readonly pixelSha256: string;
  /** SHA-256 of the final latent, float32 low byte first. */
  readonly latentSha256?: string;
}

/** What a receipt read from a file is: newer programs may leave parts out, older ones do not know them. */
export type ReadReceipt = Partial<Receipt> & { readonly format: number };

export const RECEIPT_FORMAT = 1;

/** Keyword of the PNG text chunk. */
export const RECEIPT_KEYWORD = 'danqing';

/**
 * JPEG and WebP keep the receipt in the EXIF field MakerNote: the field that the standard leaves to the maker, beside
 * UserComment with the infotext, so that every program that shows the one is undisturbed by the other.
 */
const MAKER_NOTE_LABEL = 'danqing\0';

/** The receipt as JSON on one line. */
export const printReceipt = (receipt: ReadReceipt): string =>
  JSON.stringify({ ...receipt, ...(receipt.parameters && { parameters: printParameters(receipt.parameters) }) });

/** The MakerNote that holds a printed receipt. */
export const makerNoteOf = (receiptText: string): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(MAKER_NOTE_LABEL + receiptText);

/** The printed receipt in a MakerNote; undefined when the note is another maker's. */
export const receiptFromMakerNote = (note: string | undefined): string | undefined =>
  note?.startsWith(MAKER_NOTE_LABEL) ? note.slice(MAKER_NOTE_LABEL.length) : undefined;

/**
 * Reads a receipt of this or another version; fields that are not known stay, known ones that are damaged are refused.
 * @throws bad-file when it is no receipt, or a known field has not the form that it must have.
 */
export function readReceipt(printed: string): ReadReceipt {
  const data = parseJsonObject(printed, 'receipt');
  const format = getNumber(data, 'format');
  if (format === undefined) throw badField('receipt › format', 'a number', data['format']);
  checkFields(data, CHECKS, 'receipt');
  const parameters = asObject(data['parameters']);
  return { ...data, format, ...(parameters && { parameters: parseParameters(parameters, 'receipt › parameters') }) };
}

const file = { name: text, sha256: optionalIn(hash), tensorSha256: optionalIn(hash) };
const encoded = object({ tokens: number, chunks: number });

/** Every field may be absent, but what is there is whole. */
const CHECKS = {
  engine: optionalIn(text),
  runtime: optionalIn(object({ name: text, provider: text, mode: text })),
  checkpoint: optionalIn(object(file)),
  refiner: optionalIn(object({ ...file, switchAt: number })),
  vae: optionalIn(object({ ...file, why: text })),
  addOns: optionalIn(
    listOf(
      object({
        ...file,
        kind: text,
        weight: number,
        textEncoderWeight: optionalIn(number),
        matchedKeys: number,
        totalKeys: number,
        layout: optionalIn(text),
        effect: optionalIn(object({})),
        triggers: optionalIn(object({ present: listOf(text), missing: listOf(text) })),
        leftOut: optionalIn(listOf(text)),
        vectors: optionalIn(number),
        usedIn: optionalIn(listOf(text)),
      }),
    ),
  ),
  text: optionalIn(object({ prompt: encoded, negativePrompt: encoded, clipSkip: number, ignoredTags: listOf(text) })),
  sampling: optionalIn(
    object({ samplerName: text, scheduler: text, sigmas: number, noise: text, options: object({}) }),
  ),
  notes: optionalIn(listOf(text)),
  pixelSha256: optionalIn(hash),
  latentSha256: optionalIn(hash),
};
