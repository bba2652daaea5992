/** Subclasses of the library's agents that only hand their options on mean the agent they extend. */
import { isAuthoring } from "../2-bind/authoring.ts";
import { evaluate } from "./evaluate.ts";
import { type Evaluation, report } from "./state.ts";
import type { Value } from "./value.ts";

export function handedOn(ev: Evaluation, value: Value): Value {
  if (value.type !== "Class" || !value.syntax.handsOn || !value.syntax.extends) return value;
  const base = handedOn(ev, evaluate(ev, value.syntax.extends, value.env));
  const name = base.type === "External" ? (base.path.at(-1) ?? "") : "";
  if (base.type !== "External" || !isAuthoring(base.from) || !NAMED.test(name)) return value;
  if (value.syntax.handsOn === "all") return base;
  report(
    ev,
    "SM704",
    value.syntax.span,
    `\`${value.name ?? "This class"}\` is kept as \`${name}\`: its own \`preflight\` is not run.`,
    `Check what it checks in a compute task before the agent's, and write \`new ${name}({…})\` to say the same.`,
    "warning",
  );
  return base;
}

/** The library's finished agents; `BaseCliAgent` does nothing by itself. */
const NAMED = /^(?!Base)\w+Agent$/;
