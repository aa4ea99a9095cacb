/** A LoRA that was chosen beside the prompt. */
export interface ChosenLora {
  /** Name of the file without its ending. */
  readonly name: string;
  /** First digits of its hash. */
  readonly hash: string | undefined;
  readonly denoiser: number;
  readonly textEncoder: number;
}

/** Places of the panel that the extension Additional Networks has. */
const PLACES = 5;

/** The LoRAs in the parameters that the extension Additional Networks writes; weight A is the UNet's, B the text encoder's. */
export function readAddNet(extra: readonly (readonly [key: string, value: string])[]): ChosenLora[] {
  const fields = new Map(extra);
  if (fields.get('AddNet Enabled')?.toLowerCase() !== 'true') return [];
  return Array.from({ length: PLACES }, (_, i) => i + 1).flatMap((place) => {
    const model = fields.get(`AddNet Model ${place}`);
    if (model === undefined || model === 'None' || fields.get(`AddNet Module ${place}`) !== 'LoRA') return [];
    const weightOf = (letter: 'A' | 'B', otherwise: number): number => {
      const weight = Number(fields.get(`AddNet Weight ${letter} ${place}`) ?? otherwise);
      return Number.isFinite(weight) ? weight : otherwise;
    };
    const [, name = model, hash] = /^(.*)\(([0-9a-f]+)\)$/.exec(model) ?? [];
    const denoiser = weightOf('A', 1);
    return [{ name, hash, denoiser, textEncoder: weightOf('B', denoiser) }];
  });
}

/** The same parameters for LoRAs that were chosen beside the prompt. */
export function writeAddNet(loras: readonly ChosenLora[]): [key: string, value: string][] {
  if (loras.length === 0) return [];
  const fields = loras.flatMap(({ name, hash, denoiser, textEncoder }, i): [string, string][] => [
    [`AddNet Module ${i + 1}`, 'LoRA'],
    [`AddNet Model ${i + 1}`, hash === undefined ? name : `${name}(${hash})`],
    [`AddNet Weight A ${i + 1}`, String(denoiser)],
    [`AddNet Weight B ${i + 1}`, String(textEncoder)],
  ]);
  return [['AddNet Enabled', 'True'], ...fields];
}
