/**
 * Prompt files → templates (DESIGN §4, "Prompts"): the Markdown as it is written, with `{expr}` over `props` as holes.
 * Plain files are read here; what holds code, JSX or imports goes through the MDX parser, which is slow to load.
 */
import type * as Core from "../../../plan/core/ast.ts";
import { printLines } from "../../../plan/core/index.ts";
import type { CoreText } from "../../../plan/types.ts";
import type { Diagnostic } from "../../diagnostics.ts";
import { problem } from "../../report.ts";
import type { Graph } from "../2-bind/bind.ts";
import type { SourceFile } from "../2-bind/files.ts";
import type { PromptValue } from "../3-evaluate/value.ts";
import { fragment } from "./prompts/fragment.ts";
import { mdxTemplate } from "./prompts/mdx.ts";
import { type Part, templateOf } from "./prompts/parts.ts";

export interface LoweredPrompt {
  readonly source: string;
  readonly template: CoreText;
}

/** Templates of the prompts that the workflow names and of those they import, by plan name. */
export async function lowerPrompts(
  graph: Graph,
  prompts: ReadonlyMap<string, PromptValue>,
  problems: Diagnostic[],
): Promise<Map<string, LoweredPrompt>> {
  const names = new Map<string, string>([...prompts].map(([name, { path }]) => [path, name]));
  const taken = new Set(prompts.keys());
  const queue: { readonly name: string; readonly file: SourceFile }[] = [];
  for (const [name, { path }] of prompts) {
    const file = graph.files.list.find((f) => f.path === path);
    if (file) queue.push({ name, file });
  }
  const lowered = new Map<string, LoweredPrompt>();
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { name, file } = next;
    const importPrompt = (specifier: string, start: number, end: number): string | null => {
      const found = graph.prompt(file.path, specifier, { file: file.index, start, end });
      if (!found) {
        problems.push(
          problem("SM116", { file: file.index, start, end }, `\`${specifier}\` is no prompt file.`),
        );
        return null;
      }
      const known = names.get(found.path);
      if (known !== undefined) return known;
      const fresh = freshName(found.path, taken);
      names.set(found.path, fresh);
      queue.push({ name: fresh, file: found });
      return fresh;
    };
    const template = isPlain(file.text)
      ? plainTemplate(file, problems)
      : await mdxTemplate({ file, importPrompt, problems });
    if (template) lowered.set(name, { source: file.path, template: printLines(template) });
  }
  return lowered;
}

function freshName(path: string, taken: Set<string>): string {
  const base =
    path
      .replace(/^.*\//, "")
      .replace(/\.mdx?$/, "")
      .replace(/[^\w-]+/g, "-") || "prompt";
  let name = base;
  for (let n = 2; taken.has(name); n++) name = `${base}-${n}`;
  taken.add(name);
  return name;
}

/** Whether braces are all that matters: no code, tag, escape, entity or import. */
function isPlain(text: string): boolean {
  return !/[`<\\&]|^ {0,3}~~~|^(import|export)\b|\]\([^)\n]*\{/m.test(text);
}

function plainTemplate(file: SourceFile, problems: Diagnostic[]): Core.Expr | null {
  const { text } = file;
  const before = problems.length;
  const parts: Part[] = [];
  let at = 0;
  for (let open = text.indexOf("{"); open >= 0; open = text.indexOf("{", at)) {
    const close = closing(text, open);
    if (close < 0) {
      problems.push(
        problem("SM116", { file: file.index, start: open, end: open + 1 }, "This brace is never closed.", {
          hint: "A brace that is meant as text is written \\{.",
        }),
      );
      return null;
    }
    parts.push({ type: "text", text: text.slice(at, open) });
    if (!/^\s*(\/\*[\s\S]*\*\/\s*)*$/.test(text.slice(open + 1, close))) {
      const expr = fragment(file, open + 1, close, problems);
      if (expr) parts.push({ type: "hole", expr });
    }
    at = close + 1;
  }
  parts.push({ type: "text", text: text.slice(at) });
  return problems.length > before ? null : templateOf(parts);
}

/** The brace that closes the one at `open`, strings and comments skipped (templates can't occur: they hold backticks). */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    const c = text[i];
    if (c === "{") depth++;
    else if (c === "}" && --depth === 0) return i;
    else if (c === '"' || c === "'") {
      const end = text.indexOf(c, i + 1);
      if (end < 0) return -1;
      i = end;
    } else if (text.startsWith("/*", i)) {
      const end = text.indexOf("*/", i);
      if (end < 0) return -1;
      i = end + 1;
    }
  }
  return -1;
}
