import { forbidden } from "../evaluate/errors.ts";
import { hasOwn, isPlain } from "../evaluate/types.ts";
import type { Value } from "../values.ts";

/** The one locale of Core: the text must not depend on the machine. Any other is refused. */
export function locale(value: Value): "en-US" {
  if (value !== undefined && value !== "en-US" && value !== "en") {
    forbidden("a locale other than en-US");
  }
  return "en-US";
}

/** Options of a locale method: primitives only, copied. */
export function localeOptions(value: Value): Record<string, string | number | boolean> {
  const out: Record<string, string | number | boolean> = {};
  if (value === undefined) {
    return out;
  }
  if (!isPlain(value)) {
    return forbidden("locale options that are no plain object");
  }
  for (const key of Object.keys(value)) {
    const option = hasOwn(value, key) ? value[key] : undefined;
    if (typeof option === "string" || typeof option === "number" || typeof option === "boolean") {
      out[key] = option;
    } else if (option !== undefined) {
      forbidden(`the locale option ${key}`);
    }
  }
  return out;
}
