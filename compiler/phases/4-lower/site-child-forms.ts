/** A task inside a block whose child is a function or something else: a site for each, of which one is made. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import type { BlockWriter } from "./blocks.ts";
import type { Kind } from "./kinds.ts";
import { writeSite } from "./sites.ts";

interface Alternatives {
  readonly test: Surface.Expr;
  readonly then: Surface.Expr;
  readonly else: Surface.Expr;
}

/** `{test ? () => … : {…}}`, `{given ?? (() => …)}` and kin as child of a task. */
export function splitChild(
  w: BlockWriter,
  t: Translation,
  element: Surface.Element,
  names: Names,
  kind: Kind,
): Core.Expr | undefined {
  const [only, ...more] = element.children;
  if (kind.container || more.length || !only || only.type === "Spread") return undefined;
  const forms = alternativesOf(only);
  if (!forms || !(isFunction(forms.then) || isFunction(forms.else))) return undefined;
  return {
    type: "Conditional",
    test: expr(t, forms.test, names),
    then: writeSite(w, t, { ...element, children: [forms.then] }, names),
    else: writeSite(w, t, { ...element, children: [forms.else] }, names),
  };
}

function alternativesOf(child: Surface.Expr): Alternatives | undefined {
  if (child.type === "Conditional") return child;
  if (child.type !== "Logical") return undefined;
  const { left, right } = child;
  switch (child.op) {
    case "&&":
      return { test: left, then: right, else: left };
    case "||":
      return { test: left, then: left, else: right };
    case "??":
      return {
        test: { type: "Binary", op: "!=", left, right: { type: "Literal", value: null } },
        then: left,
        else: right,
      };
    default:
      return child satisfies never;
  }
}

const isFunction = (x: Surface.Expr): boolean =>
  x.type === "Arrow" ||
  x.type === "Func" ||
  (x.type === "Conditional" && (isFunction(x.then) || isFunction(x.else)));
