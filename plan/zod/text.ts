import type * as z from "zod";

/** Whether some text could pass: false only where every text is refused for what it is, before any function is asked. */
export function takesText(schema: z.core.$ZodType): boolean {
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case "object":
    case "array":
    case "tuple":
    case "record":
    case "map":
    case "set":
    case "null":
    case "undefined":
    case "void":
    case "never":
    case "nan":
      return false;
    case "number":
    case "boolean":
    case "bigint":
    case "date":
      return "coerce" in def && def.coerce === true;
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "default":
    case "prefault":
      return takesText(def.innerType);
    case "pipe":
      return takesText(def.in);
    case "union":
      return def.options.some((option) => takesText(option));
    case "intersection":
      return takesText(def.left) && takesText(def.right);
    default:
      return true;
  }
}
