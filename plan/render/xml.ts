/** A plan as XML, in the manner of the elements it was written with: `<workflow><task id="…" output="…">`. */
import { coreText, dynamicText, FIELD_NAMES, FIELDS, type FieldName, fieldOf } from "../fields.ts";
import { childrenOf } from "../tree.ts";
import type { Node, Plan } from "../types.ts";
import { plainText } from "./words.ts";

/** XML text without a newline at its end. Every node stands in document order, its fields in the plan's reading order. */
export function renderXml(plan: Plan): string {
  const children = childrenOf(plan.nodes);
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  const add = (key: string, indent: string): void => {
    const node = plan.nodes[key] as Node;
    const { attributes, texts } = fieldsOf(key, node);
    const inside = children.get(key) ?? [];
    const open = `${indent}<${node.kind}${attributes.map(([name, value]) => ` ${name}="${attributeText(value)}"`).join("")}`;
    if (inside.length === 0 && texts.length === 0) {
      lines.push(`${open}/>`);
      return;
    }
    lines.push(`${open}>`);
    for (const [name, value] of texts) lines.push(`${indent}  <${name}>${escapeText(value)}</${name}>`);
    for (const child of inside) add(child, `${indent}  `);
    lines.push(`${indent}</${node.kind}>`);
  };
  add(plan.root, "");
  return lines.join("\n");
}

/** Texts that may run over many lines are elements of their own; all else is an attribute. */
const TEXTS: ReadonlySet<FieldName> = new Set(["prompt", "payload", "summary", "yields"]);

interface Fields {
  readonly attributes: readonly (readonly [string, string])[];
  readonly texts: readonly (readonly [string, string])[];
}

function fieldsOf(key: string, node: Node): Fields {
  const attributes: [string, string][] = [["node", key]];
  const texts: [string, string][] = [];
  if (node.component !== undefined) attributes.push(["component", node.component]);
  if (node.each) attributes.push(["each.as", node.each.as]);
  for (const name of FIELD_NAMES) {
    const value = fieldOf(node, name);
    if (value === undefined) continue;
    const text = FIELDS[name].form === "core" ? coreText(value as string) : valueText(value);
    if (TEXTS.has(name)) texts.push([name, text]);
    else attributes.push([name, text]);
  }
  return { attributes, texts };
}

/** A dynamic value as `{expression}`, as it would stand in JSX. */
function valueText(value: unknown): string {
  const dynamic = dynamicText(value);
  if (dynamic !== null) return `{${coreText(dynamic)}}`;
  if (typeof value === "string") return value;
  return Array.isArray(value) && value.every((item) => typeof item === "string")
    ? plainText(value)
    : JSON.stringify(value);
}

// What XML 1.0 can't hold at all, not even as a character reference.
const IMPOSSIBLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu;

const possible = (text: string): string =>
  text.replace(IMPOSSIBLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);

function escapeText(text: string): string {
  return possible(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\r", "&#13;");
}

/** In an attribute a reader turns line breaks and tabs into spaces, unless they are references. */
function attributeText(text: string): string {
  return escapeText(text).replaceAll('"', "&quot;").replaceAll("\n", "&#10;").replaceAll("\t", "&#9;");
}
