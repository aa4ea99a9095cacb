import { type ChangeReport, type JoinInput, joinRequest } from '@danqing/contract/file-changes';
import { productOf } from '@danqing/engine/adapters/matrices';
import { DanqingError } from '@danqing/engine/errors';
import { joinLoras } from '@danqing/engine/merging/loras/join-loras';
import { readRequest } from '../read-request.ts';
import type { ChangeOptions } from './change-options.ts';
import { rulesOf, writeLora } from './new-lora.ts';
import { notesOnLost, openLoras } from './open-loras.ts';
import { stemOf } from './output-place.ts';

/**
 * Makes one LoRA of several: their ranks side by side, which is exact, or the best of fewer ranks. Their kin have no ranks of that sort.
 * @throws bad-value for weights that are not one for each, and for kin without a rank; bad-shape for LoRAs of different families;
 * what `layersOf`, reading and `writeLora` throw.
 */
export async function joinLoraFiles(input: JoinInput, options: ChangeOptions = {}): Promise<ChangeReport> {
  const request = readRequest(joinRequest, input);
  const { loras: paths, weights = paths.map(() => 1), rank, convRank, quality } = request;
  if (weights.length !== paths.length) {
    throw new DanqingError('bad-value', {
      where: 'weights',
      expected: `one for each of ${paths.length} LoRAs`,
      found: `${weights.length}`,
    });
  }
  const isExact = rank === undefined && convRank === undefined && quality === undefined;
  return openLoras(paths, request.base, (adapters, base) => {
    const weighed = adapters.map((adapter, i) => ({ adapter, weight: weights[i]! }));
    const names = weighed.map(({ adapter, weight }) => `${weight}(${stemOf(adapter.file)})`);
    const [first] = adapters;
    const found = joinLoras(weighed, base);
    const whole = found.layers.find(({ matrix }) => productOf(matrix) === undefined);
    if (isExact && whole !== undefined) {
      throw new DanqingError('bad-value', {
        where: 'rank',
        expected: 'a rank or a quality, as not all of these are products of two factors',
        found: `neither, for ${whole.name}`,
      });
    }
    const kept = [...first!.metadata].filter(([key]) => KEPT.includes(key));
    return writeLora(
      {
        layers: found.layers,
        rules: isExact ? undefined : rulesOf(request),
        precision: request.precision,
        metadata: new Map([
          ...kept,
          ['format', 'pt'],
          ['ss_network_module', 'networks.lora'],
          ['ss_network_dim', 'Dynamic'],
          ['ss_network_alpha', 'Dynamic'],
          ['ss_training_comment', `merged: ${names.join(' + ')}`],
        ]),
        first: paths[0]!,
        stem: names.join(' + '),
        notes: notesOnLost(found),
      },
      request,
      options,
    );
  });
}

/** Notes of the first that are true of all. */
const KEPT = ['ss_v2', 'ss_base_model_version'];
