/** Control characters, and marks that turn or hide what follows them. */
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A name or a foreign text as it is safe to print: characters that cannot be seen, or that steer a terminal, are spelled out. */
export const showText = (text: string): string =>
  text.replaceAll(HIDDEN, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`);
