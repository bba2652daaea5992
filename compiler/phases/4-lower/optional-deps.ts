/** `depsOptional`: the task waits until what it depends on has settled, and is given the rows that are there. */
import type * as Core from "../../../plan/core/ast.ts";
import { binary, call, conditional, memberOf, nameOf, objectOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import { truth } from "../3-evaluate/shape.ts";
import { report } from "../3-evaluate/state.ts";
import { array, type ElementValue, known, UNDEFINED, type Value } from "../3-evaluate/value.ts";
import { isNothing, tableName } from "./fields.ts";
import type { Lowering } from "./place.ts";
import { propSpan } from "./props.ts";

export interface Given {
  /** The element without `deps`: its edges are `dependsOn`. */
  readonly element: ElementValue;
  /** The rows that are there, by name; undefined where no `deps` were named. */
  readonly rows: Core.Expr | undefined;
}

/** A task as it stands, or with its optional rows apart. */
export function optionalDeps(to: Lowering, element: ElementValue): Given {
  const whether = element.props.get("depsOptional");
  if (!whether) return { element, rows: undefined };
  const props = new Map(element.props);
  props.delete("depsOptional");
  const plain: Given = { element: { ...element, props }, rows: undefined };
  const { deps, needs } = { deps: props.get("deps") ?? UNDEFINED, needs: props.get("needs") ?? UNDEFINED };
  if (isNothing(whether) || truth(whether) === false || isNothing(deps)) return plain;
  const nodes = needs.type === "Object" ? needs.props : isNothing(needs) ? new Map<string, Value>() : null;
  if (truth(whether) !== true || deps.type !== "Object" || nodes === null) {
    report(
      to.ev,
      "SM117",
      propSpan(element.syntax, "depsOptional") ?? element.span,
      "'depsOptional' needs deps and needs that are written out",
      "Read what may be missing with ctx.outputMaybe, and name the tasks in dependsOn.",
    );
    return plain;
  }
  const ids: Value[] = [];
  const parts = [...deps.props].map(([key, table]): Core.Spread => {
    const id = nodes.get(key) ?? known(key);
    ids.push(id);
    const at = objectOf([["nodeId", reify(to.ev, id)]]);
    const row = call(
      memberOf(nameOf("ctx"), "outputMaybe"),
      tableName(to.ev, table, to.tables, element.span),
      at,
    );
    const there = binary("!==", row, nameOf("undefined"));
    return { type: "Spread", arg: conditional(there, objectOf([[key, row]]), objectOf([])) };
  });
  const before = props.get("dependsOn");
  const after = before && !isNothing(before) ? [{ type: "SpreadItem" as const, value: before }] : [];
  const all = before?.type === "Array" && !before.ref ? before.items : after;
  props.set("dependsOn", array([...all, ...ids]));
  props.delete("deps");
  props.delete("needs");
  return { element: { ...element, props }, rows: { type: "Object", props: parts } };
}
