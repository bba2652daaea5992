/**
 * Places inside a plan, as people read them and as the keys of `spans`: `nodes.fix.prompt`, `nodes.fix.guards[0].if`.
 * A key stands as it is, dots and slashes included: paths are compared and shown, never taken apart.
 */

export function childPath(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

export function itemPath(path: string, index: number): string {
  return `${path}[${index}]`;
}
