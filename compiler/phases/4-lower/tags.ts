/** Tags of elements: what a block's tag stands for, and what can't be one. */
import type { Span } from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { evaluate } from "../3-evaluate/evaluate.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import type { Names, Translation } from "../3-evaluate/translate.ts";
import type { Value } from "../3-evaluate/value.ts";

export function refuseTag(ev: Evaluation, tag: Value, span: Span): void {
  report(ev, "SM101", span, ...saidOf(tag));
}

function saidOf(tag: Value): [what: string, hint: string] {
  if (tag.type === "Code" || tag.type === "Class")
    return [
      `${tag.name ? `'${tag.name}'` : "this component"} runs as code (a class, async, 'this' or a generator) and can't be a component`,
      "Make it a plain function of its props, and move what has to be awaited into a compute task.",
    ];
  const hint = "Use a component of the workflow's own files, or one of the library's.";
  if (tag.type === "External")
    return [
      `'${tag.path.join(".") || "this component"}' of '${tag.from}' is code that the compiler does not read, so it can't be an element's component`,
      hint,
    ];
  const kind = tag.type.toLowerCase();
  return [
    `this element's component is ${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}, which no plan can hold`,
    hint,
  ];
}

/** The abstract value of a tag; undefined where the tag is a name of the block itself. */
export function tagValue(t: Translation, tag: Surface.Expr, names: Names): Value | undefined {
  let root = tag;
  while (root.type === "Member") root = root.object;
  if (root.type !== "Name" || names.get(root.name) !== undefined) return undefined;
  return evaluate(t.ev, tag, t.env);
}
