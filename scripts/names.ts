/** `dpmpp-2m-sde` as `dpmpp2mSde`. */
export function camelCase(kebab: string): string {
  return kebab.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** `dpmpp-2m-sde` as `Dpmpp 2m Sde`. */
export function titleCase(kebab: string): string {
  return kebab
    .split('-')
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ');
}
