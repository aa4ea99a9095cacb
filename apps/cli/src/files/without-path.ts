/** A message about a file, to stand behind the name of the file. */
export const withoutPath = (message: string, path: string): string =>
  message.startsWith(path) ? message.slice(path.length).replace(/^(?:[:：] ?| › )/, '') : message;
