import { type ChangeReport, type ExtractInput, extractRequest, type RankChoice } from '@danqing/contract/file-changes';
import { familyOf } from '@danqing/engine/detect-family';
import { DanqingError } from '@danqing/engine/errors';
import { families } from '@danqing/engine/families/index';
import type { KohyaWays } from '@danqing/engine/family';
import { differences } from '@danqing/engine/merging/loras/differences';
import { withSources } from '@danqing/engine/weights/with-sources';
import { readRequest } from '../read-request.ts';
import type { ChangeOptions } from './change-options.ts';
import { kohyaWaysOf } from './kohya-ways.ts';
import { rulesOf, writeLora } from './new-lora.ts';
import { stemOf } from './output-place.ts';
import { withModels } from './with-models.ts';

/** Without a word about ranks. */
const RANK = 64;

/**
 * Takes a LoRA out of the difference of two checkpoints, layer by layer by its singular values.
 * @throws bad-shape for checkpoints of different families; bad-value when they do not differ; what reading a model and
 * `writeLora` throw.
 */
export async function extractLora(input: ExtractInput, options: ChangeOptions = {}): Promise<ChangeReport> {
  const request = readRequest(extractRequest, input);
  return withModels([request.tuned, request.base], async ([tuned, base]) => {
    const [own, other] = [familyOf(tuned!.index, families), familyOf(base!.index, families)];
    const ways = kohyaWaysOf(own, request.tuned);
    if (own.id !== other.id) {
      throw new DanqingError('bad-shape', {
        where: request.base,
        expected: `a checkpoint of ${own.title}`,
        found: `one of ${other.title}`,
        advice: 'A LoRA can only be taken from two checkpoints of one family.',
      });
    }
    const layers = differences({
      tuned: withSources(tuned!.index),
      base: withSources(base!.index),
      ways,
      convolutions: request.convRank !== undefined,
      textEncoder: request.textEncoder,
    });
    const rules = rulesOf(request, request.quality === undefined ? RANK : Infinity);
    return writeLora(
      {
        layers,
        rules,
        precision: request.precision,
        metadata: metadataOf(request, ways),
        first: request.tuned,
        stem: `${stemOf(request.tuned)}-lora`,
        notes: [],
      },
      request,
      options,
    );
  });
}

/** The notes by which programs know what a LoRA is for. */
function metadataOf({ rank = RANK, convRank, quality }: RankChoice, { version }: KohyaWays): Map<string, string> {
  const dimension = quality === undefined ? String(rank) : 'Dynamic';
  const conv = convRank === undefined ? {} : { conv_dim: String(convRank), conv_alpha: String(convRank) };
  return new Map([
    ['format', 'pt'],
    ['ss_v2', version.startsWith('sd_v2') ? 'True' : 'False'],
    ['ss_base_model_version', version],
    ['ss_network_module', 'networks.lora'],
    ['ss_network_dim', dimension],
    ['ss_network_alpha', dimension],
    ['ss_network_args', JSON.stringify(conv)],
  ]);
}
