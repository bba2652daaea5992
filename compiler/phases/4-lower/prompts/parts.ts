/** A prompt file taken apart: text that stays as it is written, and holes. */
import type * as Core from "../../../../plan/core/ast.ts";

export type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "hole"; readonly expr: Core.Expr };

const MANY_NEWLINES = /\n{3,}/g;

/**
 * The template of a prompt. Without holes it is the finished text; with holes a call of `text`, which puts values into
 * text as prompts do (nothing for undefined, JSON for objects), leaves at most one empty line and trims.
 */
export function templateOf(parts: readonly Part[]): Core.Expr {
  const merged: Part[] = [];
  for (const part of parts) {
    const last = merged.at(-1);
    if (part.type === "text" && part.text === "") continue;
    if (part.type === "text" && last?.type === "text")
      merged[merged.length - 1] = { type: "text", text: last.text + part.text };
    else merged.push(part);
  }
  if (merged.every((part) => part.type === "text")) {
    const text = merged.map((part) => (part.type === "text" ? part.text : "")).join("");
    return quote(text.replace(MANY_NEWLINES, "\n\n").trim());
  }
  const args = merged.map((part, i): Core.Expr => {
    if (part.type === "hole") return part.expr;
    let text = part.text.replace(MANY_NEWLINES, "\n\n");
    if (i === 0) text = text.trimStart();
    if (i === merged.length - 1) text = text.trimEnd();
    return quote(text);
  });
  const kept = args.filter((arg) => arg.type !== "Template" || arg.quasis[0] !== "");
  return { type: "Call", callee: { type: "Name", name: "text" }, args: kept };
}

function quote(text: string): Core.Template {
  return { type: "Template", quasis: [text], exprs: [] };
}
