import type { AdapterFile, FileModule } from '../../adapters/adapter-file.ts';
import type { BaseModules } from '../../adapters/base-modules.ts';
import { checkBase, type FitContext } from '../../adapters/fit-adapter.ts';
import { lora } from '../../adapters/kinds/lora.ts';
import { kindOf, matchAdapter, matchedDelta, type MatchedModule } from '../../adapters/match-adapter.ts';
import { rebuildTucker, shapeOf, toMatrix } from '../../adapters/matrices.ts';
import { scaleOf } from '../../adapters/module-delta.ts';
import { DanqingError } from '../../errors.ts';
import type { KohyaWays } from '../../family.ts';
import { matmul } from '../../graph/ops/matmul.ts';
import { constant, scalar } from '../../graph/value.ts';
import { fileName } from '../../weights/evidence.ts';
import { kernelOfName, nameOfLayer, nameOfModule } from './kohya-names.ts';
import type { LowRankLayer } from './low-rank-layer.ts';

/** The checkpoint that add-ons are for, where it is at hand. */
export interface LoraBase extends Pick<FitContext, 'family' | 'families'> {
  readonly modules: BaseModules;
  readonly ways: KohyaWays;
}

/** What an add-on changes, layer by layer. */
export interface LoraLayers {
  readonly layers: readonly LowRankLayer[];
  /** Modules that change biases or norms, which no LoRA can hold. */
  readonly biases: readonly string[];
  /** Modules that fit no layer of the base. */
  readonly misfits: readonly string[];
}

/**
 * The layers of a LoRA or one of its kin: of a LoRA its factors, of all others ΔW as their kind states it.
 * @param base needed where ΔW hangs on the weights that it changes, and for layers without names.
 * @throws unsupported where a base is needed and there is none; bad-shape for the wrong one; bad-file for half a layer.
 */
export function layersOf(adapter: AdapterFile, base?: LoraBase): LoraLayers {
  for (const module of adapter.modules) refuseHalf(module, adapter);
  const matched = base && matchAdapter(adapter, base.modules);
  if (base !== undefined) checkBase(matched!, { ...base, prompt: '', advice: {}, force: false });
  const found = new Map(matched?.modules.map((one) => [one.module, one]));
  const layers: LowRankLayer[] = [];
  const biases: string[] = [];
  const misfits: string[] = [];
  for (const module of adapter.modules) {
    const onBase = found.get(module);
    if (needsBase(module)) {
      if (base === undefined) throw lackingBase(module, adapter);
      if (onBase === undefined) {
        misfits.push(module.name);
        continue;
      }
    }
    const name = module.path === '' ? nameOfLayer(onBase!.base, base!.ways) : nameOfModule(module, adapter);
    const change = isPlain(module) ? factorsOf(module) : changeOf(module, name, onBase);
    if (change !== undefined) layers.push({ name, ...change });
    if (change === undefined || kindOf(module)!.biasDelta?.(module) !== undefined) biases.push(module.name);
  }
  return { layers, biases, misfits };
}

type Change = Omit<LowRankLayer, 'name'>;

const isPlain = (module: FileModule): boolean => module.algorithm.id === lora.id && !hasMagnitudes(module);

const hasMagnitudes = ({ tensors }: FileModule): boolean => tensors.has('dora_scale') || tensors.has('magnitude');

const needsBase = (module: FileModule): boolean =>
  module.path === '' || hasMagnitudes(module) || kindOf(module)!.isOfBase === true;

/** up · down [out, within]; the kernel of a Tucker form goes to the second factor. */
function factorsOf(module: FileModule): Change {
  const { tensors } = module;
  const [up, down] = [toMatrix(tensors.get('lora_up')!), tensors.get('lora_down')!];
  const core = tensors.get('lora_mid');
  const scale = scaleOf(lora, module);
  const kernel = shapeOf(core ?? down).slice(2);
  if (core === undefined) return { kernel, matrix: matmul(up, toMatrix(down)), scale };
  const rank = shapeOf(core)[0]!;
  const unit = Float64Array.from({ length: rank * rank }, (_, i) => (i % (rank + 1) === 0 ? 1 : 0));
  const second = rebuildTucker(core, constant([rank, rank], unit), toMatrix(down));
  return { kernel, matrix: matmul(up, toMatrix(second)), scale };
}

/** ΔW as a matrix; undefined where only a bias or a norm changes. */
function changeOf(module: FileModule, name: string, onBase: MatchedModule | undefined): Change | undefined {
  const kind = kindOf(module)!;
  // Kinds that are not of the base do not look at it.
  const delta = onBase === undefined ? kind.delta(scalar(0), module, {}) : matchedDelta(onBase, {});
  if (delta === undefined || delta.shape.length < 2) return undefined;
  const kernel = delta.shape.length === 2 ? kernelOfName(name, shapeOf(delta)[1]!) : shapeOf(delta).slice(2);
  return { kernel, matrix: toMatrix(delta), scale: onBase === undefined ? scaleOf(kind, module) : 1 };
}

function refuseHalf({ name, algorithm, shapes, tensors }: FileModule, { file }: AdapterFile): void {
  const faults = [...algorithm.faults(shapes)];
  if (faults.length === 0) return;
  throw new DanqingError('bad-file', {
    where: `${fileName(file)} › ${name}`,
    expected: `all of a layer of ${algorithm.title.en}`,
    found: `${[...tensors.keys()].join(', ')}: ${faults.join(', ')}`,
    advice: 'The file is damaged. Get it again.',
  });
}

function lackingBase(module: FileModule, { file }: AdapterFile): DanqingError {
  const title = module.algorithm.id === lora.id ? 'DoRA' : module.algorithm.title.en;
  return new DanqingError('unsupported', {
    where: fileName(file),
    expected: 'changes that stand for themselves, or the checkpoint that they are for',
    found:
      module.path === ''
        ? 'layers with numbers instead of names'
        : `${module.name}, which is ${title}: what it adds is made of the weights that it changes`,
    advice: 'Name that checkpoint with --base.',
  });
}
