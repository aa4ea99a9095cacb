import type { CivitaiImage } from '@danqing/contract/civitai';

/** Whether a picture is one that can be shown to everybody: level 1, or the word for it. */
export function isForEverybody({
  nsfwLevel,
  browsingLevel,
}: Pick<CivitaiImage, 'nsfwLevel' | 'browsingLevel'>): boolean {
  const level = typeof nsfwLevel === 'number' ? nsfwLevel : browsingLevel;
  if (level !== undefined) return level <= 1;
  return nsfwLevel === undefined || nsfwLevel === 'None';
}

/** The picture that shows a version best: the first for everybody; none rather than one that is not. */
export function choosePreview(images: readonly CivitaiImage[]): CivitaiImage | undefined {
  return images.find((image) => (image.type ?? 'image') === 'image' && isForEverybody(image));
}

/** Address of a smaller copy of a picture of Civitai, at most so wide; other addresses as they are. */
export function smallerUrl(url: string, width: number): string {
  return url.replace(/\/(?:width=\d+|original=true)(?:,[^/]*)?\/(?=[^/]*$)/, `/width=${width}/`);
}
