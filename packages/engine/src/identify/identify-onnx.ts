import { describeNamed } from './describe-named.ts';
import type { FileFacts, Identification, KindId } from './identification.ts';

/** Names by which ONNX models of a kind go, and files that lie beside them. */
interface OnnxSign {
  readonly kind: Exclude<KindId, 'unknown'>;
  readonly id: string;
  readonly named: RegExp;
  readonly beside?: RegExp;
}

/** An ONNX model is a program of its own, whose tensors tell little; people know them by their names. */
const signs: readonly OnnxSign[] = [
  {
    kind: 'tagger',
    id: 'wd-tagger',
    named: /(?:^|[-_])wd[-_v\d]|tagger|wd14|selected[-_]tags/i,
    beside: /^selected_tags\.csv$/i,
  },
  { kind: 'tagger', id: 'deepbooru', named: /deep(?:dan)?booru/i },
  {
    kind: 'face-restorer',
    id: 'face',
    named: /inswapper|codeformer|gfpgan|restoreformer|w600k|det_10g|genderage|2d106det|1k3d68/i,
  },
  {
    kind: 'annotator',
    id: 'pose',
    named: /dw-?ll|dwpose|yolox|openpose|midas|depth[-_]?anything|lineart|u2net|isnet|birefnet|sam[-_]vit/i,
  },
  {
    kind: 'upscaler',
    id: 'upscaler',
    named: /esrgan|upscal|swinir|waifu2x|cugan|(?:^|[-_])[1248]x[-_]|[-_][1248]x\b|\bx[248]\b/i,
  },
];

/**
 * Says what an ONNX model seems to be, by its name and the names beside it; nothing in it is looked at.
 * @param beside names of the files in the same folder.
 */
export function identifyOnnx(facts: FileFacts, beside: readonly string[] = []): Identification {
  const sign = signs.find(
    (one) => one.named.test(facts.fileName) || beside.some((name) => one.beside?.test(name) === true),
  );
  return describeNamed(facts, 'ONNX', sign?.kind, sign?.id);
}
