import { type OpenModel, openModel } from '@danqing/node/files/open-model';

/** Opens models, does something with them, and closes them whatever happens. @throws what reading a model throws. */
export async function withModels<Result>(
  paths: readonly string[],
  use: (models: readonly OpenModel[]) => Promise<Result>,
): Promise<Result> {
  const models: OpenModel[] = [];
  try {
    for (const path of paths) models.push(await openModel(path));
    return await use(models);
  } finally {
    await Promise.all(models.map((model) => model.close()));
  }
}
