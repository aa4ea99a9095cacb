import { type ChangeReport, type ResizeInput, resizeRequest } from '@danqing/contract/file-changes';
import { DanqingError } from '@danqing/engine/errors';
import { layersOf } from '@danqing/engine/merging/loras/lora-layers';
import { readRequest } from '../read-request.ts';
import type { ChangeOptions } from './change-options.ts';
import { rulesOf, writeLora } from './new-lora.ts';
import { notesOnLost, openLoras } from './open-loras.ts';
import { stemOf } from './output-place.ts';

/**
 * Writes a LoRA with fewer ranks: the best of that size, with the same scale. Its kin become LoRAs.
 * @throws bad-value when neither rank nor quality is said; what `layersOf`, reading and `writeLora` throw.
 */
export async function resizeLora(input: ResizeInput, options: ChangeOptions = {}): Promise<ChangeReport> {
  const request = readRequest(resizeRequest, input);
  const { rank, convRank, quality } = request;
  if (rank === undefined && convRank === undefined && quality === undefined) {
    throw new DanqingError('bad-value', { where: 'rank', expected: 'a rank or a quality', found: 'neither' });
  }
  return openLoras([request.file], request.base, async ([adapter], base) => {
    const { metadata, file } = adapter!;
    const found = layersOf(adapter!, base);
    const from = metadata.get('ss_network_dim') ?? 'unknown';
    const to = quality === undefined ? String(rank ?? from) : 'Dynamic';
    const how =
      quality === undefined
        ? `dimension is resized from ${from} to ${to}`
        : `Dynamic resize with ${quality.by.replace('-', '_')}: ${quality.value} from ${from}`;
    return writeLora(
      {
        layers: found.layers,
        rules: rulesOf(request),
        precision: request.precision,
        metadata: new Map([
          ...[...metadata].filter(([key]) => !OF_THE_FILE.includes(key)),
          ['ss_network_module', 'networks.lora'],
          ['ss_training_comment', `${how}; ${metadata.get('ss_training_comment') ?? ''}`],
          ['ss_network_dim', to],
          ['ss_network_alpha', 'Dynamic'],
        ]),
        first: request.file,
        stem: `${stemOf(file)}-${quality === undefined ? `rank${rank ?? convRank}` : `${quality.by}${quality.value}`}`,
        notes: notesOnLost(found),
      },
      request,
      options,
    );
  });
}

/** Notes that are true of the file from before alone. */
const OF_THE_FILE = ['ss_network_args', 'sshs_model_hash', 'sshs_legacy_hash', 'modelspec.hash_sha256'];
