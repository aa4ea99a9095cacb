/** A place in a network by its name in the diffusers library and by that of its authors; dots between levels. */
export type NamePair = readonly [diffusers: string, original: string];

/** Renames the longest place that a key is in, then the layer in it; undefined for a key that is in none. */
export function renameInPlace(
  key: string,
  places: ReadonlyMap<string, string>,
  layers: ReadonlyMap<string, string>,
): string | undefined {
  const words = key.split('.');
  for (let length = words.length; length > 0; length--) {
    const place = places.get(words.slice(0, length).join('.'));
    if (place !== undefined) return [place, ...renameLayer(words.slice(length), layers)].join('.');
  }
  return undefined;
}

function renameLayer(words: readonly string[], layers: ReadonlyMap<string, string>): readonly string[] {
  for (const length of [2, 1]) {
    const layer = words.length >= length ? layers.get(words.slice(0, length).join('.')) : undefined;
    if (layer !== undefined) return [layer, ...words.slice(length)];
  }
  return words;
}
