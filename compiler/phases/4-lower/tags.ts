/** What can't stand as an element's component. */
import type { Span } from "../../../plan/core/ast.ts";
import { type Evaluation, report } from "../3-evaluate/state.ts";
import type { Value } from "../3-evaluate/value.ts";

export function refuseTag(ev: Evaluation, tag: Value, span: Span): void {
  const kind = tag.type.toLowerCase();
  const what =
    tag.type === "External"
      ? `'${tag.path.join(".") || "this component"}' of '${tag.from}' is code that the compiler does not read, so it can't be an element's component`
      : `this element's component is ${/^[aeiou]/.test(kind) ? "an" : "a"} ${kind}, which no plan can hold`;
  report(ev, "SM101", span, what, "Use a component of the workflow's own files, or one of the library's.");
}
