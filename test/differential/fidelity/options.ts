/** Options of a plan's agents as the machine of the tests fills them in. */
import type { Env, Reader, Value } from "../../../plan/core/values.ts";
import type { Json, Plan } from "../../../plan/types.ts";
import { compileResidual, isDynamic, textOf } from "../../../runtime/values/core.ts";
import { MACHINE } from "../machine.ts";

const SILENT: Reader = { spend: () => undefined };

export function filledIn(plan: Plan, value: Json): unknown {
  const env: Env = {
    name(name: string): Value {
      if (name.startsWith("host:")) return MACHINE[name.slice("host:".length)];
      const constant = plan.constants[name];
      if (constant && "value" in constant) return constant.value;
      const text = constant?.expr ?? plan.functions[name];
      if (text === undefined) throw new Error(`an agent's option names ${name}`);
      return compileResidual(textOf(text)).evaluate(env, SILENT);
    },
  };
  const fill = (part: Json): unknown => {
    if (isDynamic(part)) return compileResidual(textOf(part.$)).evaluate(env, SILENT);
    if (Array.isArray(part)) return part.map(fill);
    if (typeof part !== "object" || part === null) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [key, fill(inner)]));
  };
  return fill(value);
}
