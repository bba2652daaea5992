/** Handlers of elements inside a block: the function is text of the block, which hands it to the site. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import { callsCode } from "./acting.ts";
import { noHandler } from "./handlers.ts";
import { functionOf } from "./site-code.ts";

type Prop = Extract<Surface.Element["props"][number], { readonly type: "ElementProp" }>;

/** The text of a handler; SM509 where it is none that the engine can run. */
export function handlerSite(t: Translation, { name, value, span }: Prop, names: Names): Core.Expr {
  const fn = functionOf(t, value, names);
  if (fn?.type === "Func" || fn?.type === "Code")
    return noHandler(t.ev, name, "is code that only a process of its own can run", span);
  if (fn?.type === "Arrow" && callsCode(fn, t.env, (used) => names.owner(used) !== undefined))
    return noHandler(t.ev, name, "calls code that only a process of its own can run", span);
  const text = expr(t, value, names);
  const isData =
    (text.type === "Literal" && Boolean(text.value)) || text.type === "Array" || text.type === "Object";
  return isData ? noHandler(t.ev, name, "is no function", span) : text;
}
