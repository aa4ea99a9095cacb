import {
  type ChangeReport,
  type ConvertInput,
  convertRequest,
  type ConvertRequest,
} from '@danqing/contract/file-changes';
import { DanqingError } from '@danqing/engine/errors';
import type { FloatDType } from '@danqing/engine/tensor/encode';
import type { ConvertChoices } from '@danqing/engine/weights/convert/convert-choices';
import { planConversion } from '@danqing/engine/weights/convert/plan-conversion';
import { changeMetadata } from '@danqing/engine/weights/edit-metadata';
import { buildFile } from '@danqing/node/files/build-file';
import { readRequest } from '../read-request.ts';
import { type ChangeOptions, tellBytes } from './change-options.ts';
import { editOf } from './edit-metadata-of-file.ts';
import { outputPlace, stemOf } from './output-place.ts';
import { reportParts } from './report-parts.ts';
import { withModels } from './with-models.ts';

/** Element types by the names that people choose them by. */
const DTYPES: Readonly<Record<NonNullable<ConvertRequest['precision']>, FloatDType>> = {
  fp64: 'F64',
  fp32: 'F32',
  fp16: 'F16',
  bf16: 'BF16',
  fp8_e4m3: 'F8_E4M3',
  fp8_e5m2: 'F8_E5M2',
};

/**
 * Writes a model file anew: as another kind of file, with other number types, without some parts. The numbers that are not
 * converted stay as they are, bit for bit.
 * @throws bad-value for a request that contradicts itself; io for a file that exists or a full disk; what reading a model throws.
 */
export async function convertFile(input: ConvertInput, options: ChangeOptions = {}): Promise<ChangeReport> {
  const startedMs = performance.now();
  const request = readRequest(convertRequest, input);
  const place = await outputPlace(request, request.file, convertedStem(request));
  if (place.container === 'torch' && Object.keys(request.metadata.set).length > 0) throw noPlaceForMetadata(place.path);
  return withModels([request.file, ...(request.vae === undefined ? [] : [request.vae])], async (models) => {
    const [model, vae] = models;
    const { parts, prune, fixPositionIds, dropJunk, precision } = request;
    const { tensors, metadata, notes } = planConversion(model!.index, {
      container: place.container,
      parts: definedParts(parts),
      prune,
      fixPositionIds,
      dropJunk,
      ...(precision !== undefined && { dtype: DTYPES[precision] }),
      ...(vae !== undefined && { vae: vae.index }),
    });
    const built = await buildFile(
      {
        path: place.path,
        container: place.container,
        tensors,
        metadata: changeMetadata(request.file, metadata, editOf(request.metadata)),
        models,
      },
      {
        overwrite: request.overwrite,
        ...(options.signal && { signal: options.signal }),
        ...tellBytes('write', options),
      },
    );
    return {
      output: place.path,
      sizeBytes: built.sizeBytes,
      seconds: (performance.now() - startedMs) / 1000,
      parts: reportParts(built.tallies),
      notes,
    };
  });
}

function noPlaceForMetadata(path: string): DanqingError {
  return new DanqingError('bad-value', {
    where: path,
    expected: 'a safetensors file for metadata',
    found: 'a torch file, which has no place for it',
  });
}

/** The actions that were said. */
const definedParts = (parts: ConvertRequest['parts']): NonNullable<ConvertChoices['parts']> =>
  Object.fromEntries(Object.entries(parts).filter(([, action]) => action !== undefined));

/** The name of the model with what was done to it: `model-fp16-no-ema`. */
function convertedStem({ file, precision, prune, vae, parts }: ConvertRequest): string {
  const deleted = Object.entries(parts).flatMap(([part, action]) => (action === 'delete' ? [`no-${part}`] : []));
  const done = [precision, prune === 'no' ? undefined : prune, vae === undefined ? undefined : 'vae', ...deleted];
  return [stemOf(file), ...done.filter((word) => word !== undefined)].join('-');
}
