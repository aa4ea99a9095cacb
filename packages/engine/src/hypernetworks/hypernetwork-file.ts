import { DanqingError } from '../errors.ts';
import { constant, type Value, weight } from '../graph/value.ts';
import { decodeToFloat32 } from '../tensor/dtype.ts';
import type { PlainValue } from '../weights/plain-value.ts';
import type { TensorEntry, TensorIndex } from '../weights/tensor-index.ts';
import { type Activation, activations } from './activations.ts';

/** One layer of a small network, in the order in which its parts are applied; the activation is that of the whole file. */
export interface SmallLayer {
  readonly weight: Value;
  readonly bias: Value;
  /** Learned slope of `prelu`. */
  readonly slope?: Value;
  readonly norm?: { readonly weight: Value; readonly bias: Value };
}

/** The two small networks for one width: x + strength · network(x) goes into the keys, and into the values, in place of x. */
export interface SmallNetworks {
  readonly keys: readonly SmallLayer[];
  readonly values: readonly SmallLayer[];
  /** How many tensors of the file they have. */
  readonly tensorCount: number;
}

/** A hypernetwork file of A1111, taken apart, all of its values known to be finite. */
export interface Hypernetwork {
  readonly file: string;
  readonly byWidth: ReadonlyMap<number, SmallNetworks>;
  /** Name of the activation, as the file has it. */
  readonly activationName: string;
  readonly activation: Activation;
  /** Whether the activation stands behind the last layer, too. */
  readonly activatesOutput: boolean;
  readonly tensorCount: number;
  /** What the notes in the file say, where they do. */
  readonly step?: number;
  readonly trainedOn?: string;
}

const KEY = /^(\d+)\.([01])\.(?:linear\.(\d+)|linear([12]))\.(weight|bias)$/;

/** What a network does one after another, by its place in the file, as far as it has tensors: layers, slopes, norms. */
type Steps = Map<number, Partial<Record<'weight' | 'bias', TensorEntry>>>;

/**
 * Reads a hypernetwork. Its weights are looked at once and stay in the file.
 * @param read gives the stored bytes of a tensor.
 * @throws bad-file when it is none or its layers do not go together; unsupported for an activation that cannot be; not-a-number when a
 * value is not finite.
 */
export async function openHypernetwork(
  index: TensorIndex,
  read: (entry: TensorEntry) => Promise<Uint8Array>,
): Promise<Hypernetwork> {
  const steps = new Map<number, readonly [Steps, Steps]>();
  for (const entry of index.tensors.values()) {
    const [, width, net, place, oldPlace, what] = KEY.exec(entry.name) ?? [];
    if (width === undefined) throw notThis(index, `the tensor ${entry.name}`);
    const pair = steps.get(Number(width)) ?? ([new Map(), new Map()] as const);
    steps.set(Number(width), pair);
    // Older files have two layers and call them linear1 and linear2.
    const at = place === undefined ? Number(oldPlace) - 1 : Number(place);
    const own = pair[Number(net) as 0 | 1];
    own.set(at, { ...own.get(at), [what!]: entry });
  }
  if (steps.size === 0) throw notThis(index, 'no tensors');
  const values = new Map<TensorEntry, Value>();
  for (const entry of index.tensors.values()) values.set(entry, valueOf(index, entry, await read(entry)));
  const byWidth = new Map<number, SmallNetworks>();
  for (const [width, [forKeys, forValues]] of steps) {
    const layersOf = (own: Steps): SmallLayer[] => readLayers(index.file, width, own, values);
    const tensorCount = [...index.tensors.keys()].filter((key) => key.startsWith(`${width}.`)).length;
    byWidth.set(width, { keys: layersOf(forKeys), values: layersOf(forValues), tensorCount });
  }
  const activationName = textNote(index, 'activation_func') ?? 'linear';
  // A1111 takes files that do not say for old ones, where it was so.
  const activatesOutput = note(index, 'activate_output') !== false;
  if (activationName === 'prelu') requireSlopes(index.file, byWidth.values(), activatesOutput);
  const step = note(index, 'step');
  const trainedOn = textNote(index, 'sd_checkpoint_name');
  return {
    file: index.file,
    byWidth,
    activationName,
    activation: activationCalled(activationName, index.file),
    activatesOutput,
    tensorCount: index.tensors.size,
    ...(typeof step === 'number' && { step }),
    ...(trainedOn !== undefined && { trainedOn }),
  };
}

function readLayers(file: string, width: number, steps: Steps, values: ReadonlyMap<TensorEntry, Value>): SmallLayer[] {
  const layers: SmallLayer[] = [];
  const refuse = (expected: string, found: string): DanqingError =>
    new DanqingError('bad-file', { where: `${file} › ${width}`, expected, found, advice: 'Get the file again.' });
  let within = width;
  for (const [, { weight: stored, bias }] of [...steps].sort(([a], [b]) => a - b)) {
    if (stored === undefined) throw refuse('a weight beside each bias', 'a bias alone');
    const last = layers.at(-1);
    const shape = stored.shape;
    const own = { weight: values.get(stored)!, ...(bias && { bias: values.get(bias)! }) };
    if (shape.length === 2 && own.bias !== undefined) {
      if (shape[1] !== within || bias!.shape[0] !== shape[0])
        throw refuse(`a layer that takes ${within} numbers`, `one of shape [${shape.join(', ')}]`);
      layers.push({ weight: own.weight, bias: own.bias });
      within = shape[0]!;
    } else if (last !== undefined && own.bias === undefined && shape.length === 1 && shape[0] === 1) {
      layers.splice(-1, 1, { ...last, slope: own.weight });
    } else if (last !== undefined && own.bias !== undefined && shape.length === 1 && shape[0] === within) {
      layers.splice(-1, 1, { ...last, norm: { weight: own.weight, bias: own.bias } });
    } else throw refuse('layers and norms with a bias each', `a tensor of shape [${shape.join(', ')}]`);
  }
  if (layers.length === 0) throw refuse('two networks, for keys and for values', 'one');
  if (within !== width) throw refuse(`layers from ${width} numbers back to ${width}`, `${within}`);
  return layers;
}

/** @throws bad-file when a layer lacks what its activation learned. */
function requireSlopes(file: string, networks: Iterable<SmallNetworks>, activatesOutput: boolean): void {
  for (const { keys, values } of networks) {
    const active = [keys, values].flatMap((layers) => (activatesOutput ? layers : layers.slice(0, -1)));
    if (active.every(({ slope }) => slope !== undefined)) continue;
    throw new DanqingError('bad-file', { where: file, expected: 'a learned slope for each prelu', found: 'none' });
  }
}

/** Types that a graph can read where they stand. */
const IN_PLACE: readonly string[] = ['F32', 'F16', 'BF16'];

/** A tensor as a value: where it stands in the file, or held in the graph when it cannot be read there. @throws not-a-number. */
function valueOf({ file, derived }: TensorIndex, entry: TensorEntry, bytes: Uint8Array): Value {
  const data = decodeToFloat32(bytes, entry.dtype);
  const bad = data.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) {
    throw new DanqingError('not-a-number', {
      where: `${file} › ${entry.name}`,
      expected: 'finite values',
      found: `${data[bad]} at element ${bad}`,
      advice: 'The file is damaged, or its training went wrong. Get it again, or leave it out.',
    });
  }
  const isInPlace = IN_PLACE.includes(entry.dtype) && derived?.has(entry.file) !== true;
  return isInPlace ? weight(entry) : constant(entry.shape, data);
}

function activationCalled(name: string, file: string): Activation {
  const found = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (found !== undefined) return found;
  throw new DanqingError('unsupported', {
    where: file,
    expected: `one of the activations ${Object.keys(activations).join(', ')}`,
    found: `"${name}"`,
    advice: ['glu', 'multiheadattention', 'threshold'].includes(name)
      ? 'A1111 offers it, but no network works with it.'
      : 'Get the file again.',
  });
}

const notThis = ({ file, tensors }: TensorIndex, found: string): DanqingError =>
  new DanqingError('bad-file', {
    where: file,
    expected: 'a hypernetwork: for some widths two small networks each',
    found: `${found} among ${tensors.size} tensors`,
    advice: 'Look at it with `danqing inspect`.',
  });

/** What A1111 stores beside the tensors; a converted file has it in its metadata. */
function note({ extras, metadata }: TensorIndex, name: string): PlainValue | undefined {
  const own = extras?.get(name);
  if (own !== undefined || !metadata.has(name)) return own;
  const text = metadata.get(name)!;
  if (text === 'true' || text === 'false') return text === 'true';
  return /^\d+$/.test(text) ? Number(text) : text;
}

function textNote(index: TensorIndex, name: string): string | undefined {
  const text = note(index, name);
  return typeof text === 'string' && text !== '' ? text : undefined;
}
