import { forbidden } from "./errors.ts";

/** Keys that lead out of data. Never readable or writable, whoever's own they are. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set([
  ...["__proto__", "constructor", "prototype"],
  ...["__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"],
]);

export function guardKey(key: string): void {
  if (FORBIDDEN_KEYS.has(key)) {
    forbidden(`the key ${key}`);
  }
}
