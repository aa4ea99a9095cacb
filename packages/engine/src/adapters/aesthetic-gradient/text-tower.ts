import { DanqingError } from '../../errors.ts';
import { symbol } from '../../graph/dim.ts';
import { gradient } from '../../graph/gradient.ts';
import { divide } from '../../graph/ops/divide.ts';
import { gather } from '../../graph/ops/gather-scatter.ts';
import { multiply } from '../../graph/ops/multiply.ts';
import { negate } from '../../graph/ops/negate.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { sqrt } from '../../graph/ops/sqrt.ts';
import { square } from '../../graph/ops/square.ts';
import { sum } from '../../graph/ops/sum.ts';
import { rewrite } from '../../graph/rewrite.ts';
import { type Graph, input, type InputValue, topological, type Value, type WeightValue } from '../../graph/value.ts';
import { clipNames } from '../../parts/text-encoders/clip-names.ts';
import {
  type ClipTextConfig,
  clipText,
  pool,
  pooledWidth,
  readClipTextConfig,
} from '../../parts/text-encoders/clip.ts';
import { projectionOf } from '../../parts/text-encoders/find-text-encoder.ts';
import { places } from '../../weights/keys/places.ts';
import { WeightScope } from '../../weights/scope.ts';
import type { TensorEntry, TensorIndex } from '../../weights/tensor-index.ts';

/** A CLIP text encoder with its projection, by which texts can be compared with pictures. */
export interface TextTower {
  readonly file: string;
  readonly config: ClipTextConfig;
  /** Numbers that a text is projected to. */
  readonly featureWidth: number;
  /** Vectors of the tokens [vocabulary, width]. */
  readonly tokenTable: TensorEntry;
  /** The matrix behind the pooled vector. */
  readonly projection: TensorEntry;
  readonly scope: WeightScope;
  readonly around: WeightScope;
}

/** The CLIP text encoder in a file of its own, in the names of the transformers library; undefined where it lacks a projection. */
export function findTextTower(index: TensorIndex): TextTower | undefined {
  const names = clipNames.transformers;
  const root = WeightScope.over(index.tensors, index.file);
  const place = places.clipTower.find((path) => root.at(path).has(names.tokens));
  if (place === undefined) return undefined;
  const scope = root.at(place, 'CLIP text encoder');
  const around = projectionOf(root, place, { naming: 'transformers' });
  const projection = around.at('text_projection').peek('weight');
  const featureWidth = pooledWidth(around);
  if (projection === undefined || featureWidth === undefined) return undefined;
  const config = readClipTextConfig(scope, 'quickGelu');
  return { file: index.file, config, featureWidth, tokenTable: scope.get(names.tokens), projection, scope, around };
}

/** A graph whose weights are inputs, but for the projection, which stays as it is in its file. */
export interface TowerGraph {
  readonly graph: Graph;
  /** The stored tensors that are fed, by the names of their inputs. */
  readonly weights: ReadonlyMap<string, TensorEntry>;
}

/** The input that holds the vectors of those tokens that occur, [rows, width]. */
export const TOKEN_ROWS = 'token rows';

/** The output that is the gradient by an input. */
export const gradientOf = (inputName: string): string => `gradient by ${inputName}`;

/**
 * The text encoder. Inputs: `ids` int64 [batch, tokens], rows of `token rows`; `pooledAt` [batch, tokens, 1]; all weights.
 * Outputs: `encoding` [batch, tokens, width] at a CLIP skip, through the final norm, and `features` [batch, featureWidth].
 */
export function encodingGraph(tower: TextTower, clipSkip: number): TowerGraph {
  const { inputs, vectors, pooledAt } = entrance(tower);
  const { encoding, last } = clipText(vectors, tower.scope, tower.config, { clipSkip, normed: true });
  const outputs = { encoding, features: pool(last(), pooledAt, tower.around) };
  return fed({ name: 'aesthetic text encoder', inputs, outputs }, tower);
}

/**
 * The gradient by all weights of the text encoder of −Σ share · ⟨f, aim⟩ / ‖f‖, f being the features of each text. Inputs
 * beside those of `encodingGraph`: `aim` [featureWidth]; `share` [batch], how much each text counts.
 * Outputs: the gradients, by `gradientOf` the names of the inputs.
 */
export function gradientGraph(tower: TextTower): TowerGraph {
  const { inputs, vectors, pooledAt, rows } = entrance(tower);
  const { encoding } = clipText(vectors, tower.scope, tower.config, { clipSkip: 1, normed: true });
  const features = pool(encoding, pooledAt, tower.around);
  const batch = features.shape[0]!;
  const aim = input('aim', [tower.featureWidth]);
  const share = input('share', [batch]);
  const lengths = reshape(sqrt(sum(square(features), [1])), [batch, 1]);
  const likeness = sum(multiply(divide(features, lengths), aim), [1]);
  const loss = negate(sum(multiply(likeness, share), [0]));
  const weights = tunedWeights(loss, tower);
  const gradients = gradient(loss, [rows, ...weights]);
  const names = [rows.name, ...weights.map(({ entry }) => entry.name)];
  const outputs = Object.fromEntries(names.map((name, i) => [gradientOf(name), gradients[i]!]));
  return fed({ name: 'aesthetic gradient', inputs: [...inputs, aim, share], outputs }, tower);
}

/** @throws bad-file when the projection is an identity matrix, which some programs write where they have none. */
export function refuseIdentity({ file, projection: { name, shape } }: TextTower, matrix: Float32Array): void {
  const [size = 0, within] = shape;
  if (size !== within || !matrix.every((value, i) => value === (i % (size + 1) === 0 ? 1 : 0))) return;
  throw new DanqingError('bad-file', {
    where: `${file} › ${name}`,
    expected: "CLIP's projection of texts",
    found: 'an identity matrix, which some programs write where they have none',
    advice: 'Get model.safetensors of openai/clip-vit-large-patch14.',
  });
}

function entrance({ config: { tokens, width } }: TextTower) {
  const batch = symbol('batch');
  const ids = input('ids', [batch, tokens], 'i64');
  const rows = input(TOKEN_ROWS, [symbol('rows'), width]);
  const pooledAt = input('pooledAt', [batch, tokens, 1]);
  return { inputs: [ids, rows, pooledAt], vectors: gather(rows, ids), pooledAt, rows };
}

const tunedWeights = (root: Value, { projection }: TextTower): WeightValue[] =>
  topological([root]).filter(
    (value): value is WeightValue => value.kind === 'weight' && value.entry.name !== projection.name,
  );

function fed(graph: Graph, { projection }: TextTower): TowerGraph {
  const weights = new Map<string, TensorEntry>();
  const inputs = new Map<string, InputValue>();
  const changed = rewrite(graph, (value) => {
    if (value.kind !== 'weight' || value.entry.name === projection.name) return value;
    const { name } = value.entry;
    weights.set(name, value.entry);
    // A layer that is used twice is fed once.
    const known = inputs.get(name) ?? input(name, value.shape);
    inputs.set(name, known);
    return known;
  });
  return { graph: { ...changed, inputs: [...graph.inputs, ...inputs.values()] }, weights };
}
