/** What the parts of a plan look like in a diff. Digests decide whether something changed; these only show it. */
import type { Expr } from "../core/ast.ts";
import { CoreSyntaxError, parseExpr, printExpr } from "../core/index.ts";
import type { Part } from "../digest/nodes.ts";
import { coreText, dynamicText, FIELDS, fieldOf } from "../fields.ts";
import type { CoreText, Json, Node } from "../types.ts";

/** The text of a part of a node, or null where the node has none. Prompts read as they will be sent, with `${…}` for what is filled in. */
export function partTextOf(node: Node, part: Part): string | null {
  if (part === "guards") {
    if (!node.guards || node.guards.length === 0) return null;
    return node.guards.map((guard) => `if ${coreText(guard.if)}: ${valueText(guard.message)}`).join("\n");
  }
  const value = fieldOf(node, part);
  if (value === undefined) return null;
  if (FIELDS[part].form === "core") return coreText(value as CoreText);
  return part === "captures" ? tableText(value as { readonly [name: string]: Json }) : valueText(value);
}

/** One line an entry, so that a line diff shows which one changed. */
function tableText(table: { readonly [name: string]: Json }): string {
  return Object.entries(table)
    .map(([name, value]) => {
      const text = dynamicText(value);
      return `${name} = ${text === null ? JSON.stringify(value) : coreText(text)}`;
    })
    .join("\n");
}

/** A dynamic or plain value as text. */
export function valueText(value: Json): string {
  const text = dynamicText(value);
  if (text !== null) return templateText(coreText(text));
  return typeof value === "string" ? value : jsonText(value);
}

/** JSON on one line where that is short, else on several. */
export function jsonText(value: Json): string {
  const short = JSON.stringify(value);
  return short.length <= 80 ? short : JSON.stringify(value, null, 2);
}

/** Core text that makes a string, as that string with its holes; any other as it stands. */
export function templateText(text: string): string {
  let expr: ReturnType<typeof parseExpr>;
  try {
    expr = parseExpr(text);
  } catch (error) {
    if (error instanceof CoreSyntaxError) return text;
    throw error;
  }
  return written(expr) ?? text;
}

/** What a literal, a template or a `text(…)` of such writes, holes as `${…}`; null for any other expression. */
function written(expr: Expr): string | null {
  if (expr.type === "Literal" && typeof expr.value === "string") return expr.value;
  if (expr.type === "Template") {
    const { quasis, exprs } = expr;
    return quasis.map((quasi, i) => (i === 0 ? quasi : hole(exprs[i - 1]!) + quasi)).join("");
  }
  if (expr.type !== "Call" || expr.callee.type !== "Name" || expr.callee.name !== "text") return null;
  return expr.args
    .map((part) => (part.type === "Spread" ? hole(part.arg) : (written(part) ?? hole(part))))
    .join("");
}

function hole(expr: Expr): string {
  return `\${${printExpr(expr)}}`;
}
