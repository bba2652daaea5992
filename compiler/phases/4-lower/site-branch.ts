/** The branch that alternatives inside a block stand in: of `<Branch>`, `<If>` and `<Switch>`. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { call, literal, nameOf, objectOf } from "../3-evaluate/core.ts";
import type { BlockWriter } from "./blocks.ts";

const NO_SPAN: Core.Span = { file: 0, start: 0, end: 0 };

/** @param chosen writes the alternatives and what chooses among them; their elements stand in the branch */
export function branchSite(
  w: BlockWriter,
  element: Surface.Element,
  name: "branch" | "switch",
  chosen: () => Core.Expr,
): Core.Expr {
  const key = w.siteKey(`${w.owner}/${name}`);
  w.add({
    key,
    kind: "branch",
    parent: w.parentKey(),
    values: new Map(),
    guards: [],
    fields: new Map(),
    args: [],
    span: element.span ?? NO_SPAN,
  });
  w.parents.push(key);
  const kids = chosen();
  w.parents.pop();
  const made = call("site", literal(key), objectOf([]), w.mounted(nameOf("kids_")));
  return call({ type: "Arrow", params: [nameOf("kids_")], body: w.wrapped(made) }, kids);
}
