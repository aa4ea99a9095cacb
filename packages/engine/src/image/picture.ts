import { DanqingError } from '../errors.ts';
import { readExif } from './exif.ts';
import type { GenerationParameters } from './generation-parameters.ts';
import { writeInfotext } from './infotext.ts';
import { isJpeg, readJpeg } from './jpeg.ts';
import { asObject, printValue } from './json.ts';
import type { Inflate, PictureFile, PictureFormat } from './picture-file.ts';
import type { Pixels } from './pixels.ts';
import { isPng, readPng } from './png.ts';
import { READERS } from './readers/index.ts';
import type { Reading } from './readers/reader.ts';
import { RECEIPT_KEYWORD, receiptFromMakerNote, readReceipt } from './receipt.ts';
import type { ReadReceipt } from './receipt.ts';
import { readStealth } from './stealth.ts';
import { isWebp, readWebp } from './webp.ts';

/** What reading a picture needs of the machine. */
export interface PictureHands {
  /** Undoes zlib compression. */
  readonly inflate: Inflate;
  /** Undoes gzip compression. */
  readonly gunzip: Inflate;
  /** Decodes a picture. @throws bad-file when it is damaged. */
  readonly decode: (bytes: Uint8Array) => Promise<Pixels>;
}

/** Everything that a picture file says about itself. */
export interface Picture {
  readonly format: PictureFormat;
  readonly width: number;
  readonly height: number;
  /** The program that made it, if it left a trace that is understood. */
  readonly program?: string;
  readonly parameters?: GenerationParameters;
  /** Every sampling pass, when a graph has several. */
  readonly passes?: readonly GenerationParameters[];
  /** The record that pictures of this product carry. */
  readonly receipt?: ReadReceipt;
  /** The texts as they stand in the file, by keyword. */
  readonly texts: ReadonlyMap<string, string>;
  readonly details: readonly (readonly [key: string, value: string])[];
  /** What is damaged, unusual or not to be had, in sentences. */
  readonly notes: readonly string[];
}

/**
 * Reads the generation data of a PNG, JPEG or WebP file of any program that is known. A picture without any is no error.
 * @throws bad-file when the container, or data of a known program, is damaged; unsupported for another format.
 */
export async function readPicture(bytes: Uint8Array, hands: PictureHands): Promise<Picture> {
  const file = readFile(bytes, hands.inflate);
  const notes = [...file.notes];
  const texts = textsOf(file, notes);
  let reading = readTexts(texts, file);
  if (!reading && file.format !== 'jpeg') {
    for (const [keyword, text] of await hiddenTexts(bytes, hands, notes)) texts.set(keyword, text);
    reading = readTexts(texts, file);
  }
  if (!reading) notes.push('There is no generation data in this picture that is understood.');
  const receipt = receiptOf(texts, notes);
  return {
    format: file.format,
    width: file.width,
    height: file.height,
    ...reading,
    ...exactParameters(receipt, texts),
    ...(receipt && { receipt }),
    texts,
    details: reading?.details ?? [],
    notes: [...notes, ...(reading?.notes ?? [])],
  };
}

function readFile(bytes: Uint8Array, inflate: Inflate): PictureFile {
  if (isPng(bytes)) return readPng(bytes, inflate);
  if (isJpeg(bytes)) return readJpeg(bytes);
  if (isWebp(bytes)) return readWebp(bytes);
  throw new DanqingError(bytes.length === 0 ? 'bad-file' : 'unsupported', {
    where: 'picture',
    expected: 'a PNG, JPEG or WebP file',
    found: bytes.length === 0 ? 'an empty file' : 'a file that begins otherwise',
  });
}

function textsOf(file: PictureFile, notes: string[]): Map<string, string> {
  const texts = new Map(file.texts.map(({ keyword, text }) => [keyword, text]));
  if (!file.exif) return texts;
  try {
    for (const { keyword, text } of readExif(file.exif)) {
      // ComfyUI keeps graphs of WebP files in the fields of the camera, each behind its name.
      const named = /^(prompt|workflow):\s*(?=\{)/.exec(text);
      if (named) texts.set(named[1]!, text.slice(named[0].length));
      else if (!texts.has(keyword)) texts.set(keyword, text);
    }
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
    notes.push(`The EXIF block could not be read: ${error.message}`);
  }
  return texts;
}

function readTexts(texts: ReadonlyMap<string, string>, file: PictureFile): Reading | undefined {
  for (const reader of READERS) {
    const reading = reader.read(texts, { width: file.width, height: file.height });
    if (reading) return reading;
  }
  return undefined;
}

/** Texts hidden in the pixels: an infotext, or a JSON object of the texts that NovelAI writes into PNG files. */
async function hiddenTexts(bytes: Uint8Array, hands: PictureHands, notes: string[]): Promise<[string, string][]> {
  try {
    const hidden = readStealth(await hands.decode(bytes), hands.gunzip);
    if (hidden === undefined) return [];
    const fields = hidden.trimStart().startsWith('{') ? parseFields(hidden) : undefined;
    return fields ?? [['parameters', hidden]];
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
    notes.push(`The pixels could not be searched for hidden data: ${error.message}`);
    return [];
  }
}

function parseFields(text: string): [string, string][] | undefined {
  try {
    const object = asObject(JSON.parse(text));
    return object && Object.entries(object).map(([key, value]) => [key, printValue(value)]);
  } catch {
    return undefined;
  }
}

/** The parameters of the receipt, which keeps all white space, unless somebody has changed the infotext since. */
function exactParameters(receipt: ReadReceipt | undefined, texts: ReadonlyMap<string, string>): Partial<Picture> {
  const parameters = receipt?.parameters;
  if (!parameters) return {};
  const infotext = texts.get('parameters') ?? texts.get('UserComment');
  return infotext === undefined || infotext === writeInfotext(parameters) ? { parameters } : {};
}

function receiptOf(texts: ReadonlyMap<string, string>, notes: string[]): ReadReceipt | undefined {
  const text = texts.get(RECEIPT_KEYWORD) ?? receiptFromMakerNote(texts.get('MakerNote'));
  if (text === undefined) return undefined;
  try {
    return readReceipt(text);
  } catch (error) {
    if (!(error instanceof DanqingError)) throw error;
    notes.push(`The receipt could not be read: ${error.message}`);
    return undefined;
  }
}
