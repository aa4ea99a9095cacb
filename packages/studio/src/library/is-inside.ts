/** Whether a path is a folder or something in it. */
export const isInside = (path: string, folder: string): boolean =>
  path === folder || (path.startsWith(folder) && /^[\\/]/.test(path.slice(folder.length)));
