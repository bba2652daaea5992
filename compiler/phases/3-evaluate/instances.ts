/** Instances of classes inside text whose names only the run knows. */
import type * as Surface from "../../surface.ts";
import { evaluate } from "./evaluate.ts";
import { freeNames } from "./names.ts";
import { report } from "./state.ts";
import type { Names, Translation } from "./translate.ts";
import type { Value } from "./value.ts";

/** `new X(…)` of a class that is no part of Core: made while building, so of nothing that only the text around it knows. */
export function instanceIn(t: Translation, node: Surface.Expr, names: Names): Value {
  const local = [...freeNames(node)].find((name) => names.get(name) !== undefined);
  if (local === undefined) return evaluate(t.ev, node, t.env);
  const callee = node.type === "New" || node.type === "Construct" ? node.callee : node;
  const made = evaluate(t.ev, callee, t.env).type;
  return made === "External"
    ? report(
        t.ev,
        "SM704",
        node.span,
        `this makes an agent of \`${local}\`, which only the run knows`,
        "An agent is the same for the whole run: make the agents at the top of the file and choose among them, as in agents[item.kind].",
      )
    : report(
        t.ev,
        "SM103",
        node.span,
        `an instance of a class can't be made of \`${local}\`, which only the run knows`,
        "Use plain functions and objects, or move it into a compute task.",
      );
}
