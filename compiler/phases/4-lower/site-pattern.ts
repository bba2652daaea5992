/** Patterns of the library (compiler/library) inside a block: components of source, whose props are known by name. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { LIBRARY_PATH, lose, report } from "../3-evaluate/state.ts";
import { expr, type Names, type Translation } from "../3-evaluate/translate.ts";
import { type Closure, type Environment, moduleOf } from "../3-evaluate/value.ts";
import { IN_BLOCKS, PATTERN_WORDS, PATTERNS } from "./patterns.ts";
import { unknownProp } from "./props.ts";
import { jsonOf } from "./site.ts";
import { children } from "./site-children.ts";
import { refuseSpreads } from "./site-props.ts";
import { isWord } from "./words.ts";

/** Writes a pattern with `write`, once its props are what it knows; undefined where a block can't hold it. */
export function patternSite(
  t: Translation,
  node: Surface.Element,
  names: Names,
  tag: Closure,
  write: () => Core.Expr,
): Core.Expr | undefined {
  const file = tag.env.module?.file;
  // What stands in the library's own source is as it should be.
  if (node.span?.file === file) return write();
  const name = tag.name ?? "a pattern";
  if (!IN_BLOCKS.has(name)) {
    lose(t.ev);
    report(
      t.ev,
      "SM117",
      node.span,
      `<${name}> stands inside a block, whose shape only the run knows`,
      "Write it where conditions, lists and early returns alone decide what is there.",
    );
    return undefined;
  }
  checkProps(t, node, names, name);
  const known = t.ev.diagnostics.length;
  const text = write();
  const found = t.ev.diagnostics.splice(known);
  const at = node.span ? { span: node.span } : {};
  t.ev.diagnostics.push(...found.map((d) => (d.span?.file === file ? { ...d, ...at } : d)));
  return text;
}

export const isPattern = (tag: Closure): boolean => tag.env.module?.path === LIBRARY_PATH;

/** Whether text is that of the library's own source. */
export const isInLibrary = (env: Environment): boolean => moduleOf(env)?.path === LIBRARY_PATH;

/** Settings that are handed on to tasks: their names have to be known, and that no schema is among them. */
function checkSettings(t: Translation, name: string, value: Surface.Expr): void {
  const isKnown =
    value.type === "Object" &&
    value.props.every((x) => x.type === "Property" && typeof x.key === "string" && x.key !== "outputSchema");
  if (!isKnown)
    report(
      t.ev,
      "SM117",
      value.span,
      `'${name}' has to be written out inside a block, without an 'outputSchema'`,
      "Write {{ … }} with the settings by name; the output's table has the schema.",
    );
}

function checkProps(t: Translation, node: Surface.Element, names: Names, name: string): void {
  const known = PATTERNS[name];
  if (!known) return;
  const all = [...known.wanted, ...known.others];
  const given = new Set<string>(children(node).length > 0 ? ["children"] : []);
  refuseSpreads(t, node, name);
  for (const prop of node.props) {
    if (prop.type === "Spread" || prop.name === "key") continue;
    if (!all.includes(prop.name)) {
      unknownProp(t.ev, name, prop.name, all, prop.span);
      continue;
    }
    const text = expr(t, prop.value, names);
    if (isNothing(text)) continue;
    given.add(prop.name);
    if (prop.name.endsWith("TaskProps")) checkSettings(t, prop.name, prop.value);
    const words = PATTERN_WORDS[name]?.[prop.name];
    const known = words && jsonOf(text);
    if (words && known !== undefined) isWord(t.ev, prop.name, known, words, prop.span);
  }
  if (node.props.some((prop) => prop.type === "Spread")) return;
  for (const prop of known.wanted)
    if (!given.has(prop))
      report(t.ev, "SM119", node.span, `<${name}> needs '${prop}'`, `Give it ${prop}={…}.`);
}

const isNothing = (text: Core.Expr): boolean =>
  (text.type === "Name" && text.name === "undefined") || (text.type === "Literal" && text.value === null);
