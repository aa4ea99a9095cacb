import { type ChangeReport, type JoinInput, joinRequest } from '@danqing/contract/file-changes';
import { DanqingError } from '@danqing/engine/errors';
import { joinLoras } from '@danqing/engine/merging/loras/lora-layers';
import type { ChangeOptions } from './change-options.ts';
import { rulesOf, writeLora } from './new-lora.ts';
import { openLoras } from './open-loras.ts';
import { stemOf } from './output-place.ts';
import { readRequest } from './read-request.ts';

/**
 * Makes one LoRA of several: their ranks side by side, which is exact, or the best of fewer ranks.
 * @throws bad-value for weights that are not one for each; bad-shape for LoRAs of different families; unsupported for their kin;
 * what reading and `writeLora` throw.
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
  return openLoras(paths, (adapters) => {
    const weighed = adapters.map((adapter, i) => ({ adapter, weight: weights[i]! }));
    const names = weighed.map(({ adapter, weight }) => `${weight}(${stemOf(adapter.file)})`);
    const [first] = adapters;
    const kept = [...first!.metadata].filter(([key]) => KEPT.includes(key));
    return writeLora(
      {
        layers: joinLoras(weighed),
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
        notes: [],
      },
      request,
      options,
    );
  });
}

/** Notes of the first that are true of all. */
const KEPT = ['ss_v2', 'ss_base_model_version'];
