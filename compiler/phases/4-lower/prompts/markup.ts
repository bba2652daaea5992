/**
 * The component map: what a lower-case tag is in a prompt, Markdown where the map names it, else the tag itself as
 * React's static markup writes it, unescaped. docs/prompts.md has it as a table. Lines that come from values are never
 * touched: only what is written in the source is indented or quoted.
 */
import type * as Core from "../../../../plan/core/ast.ts";
import { binary, call, literal, logical } from "../../3-evaluate/core.ts";

export interface Markup {
  readonly tag: string;
  /** All props but the children, by their names in JSX. */
  readonly attributes: ReadonlyMap<string, Core.Expr>;
  /** The children. */
  readonly inner: readonly Core.Expr[];
  /** In front of a list item: `- ` or `3. `. */
  readonly marker?: string;
  /** Set on the code of a `pre`: a block, whatever its language. */
  readonly block?: boolean;
  /** Delimiters of a table's columns, for the row under its head. */
  readonly columns?: readonly string[];
}

/** Tags whose children may not hold white space of their own. */
export const TABLE: ReadonlySet<string> = new Set(["table", "thead", "tbody", "tfoot", "tr"]);

export function markup(m: Markup): Core.Expr[] {
  const { tag, attributes } = m;
  const inner = merge(m.inner);
  const around = (before: string, after: string): Core.Expr[] =>
    merge([literal(before), ...inner, literal(after)]);
  switch (tag) {
    case "h1":
    case "h2":
    case "h3":
    case "h4":
    case "h5":
    case "h6":
      return around(`${"#".repeat(Number(tag[1]))} `, "\n\n");
    case "p":
      return around("", "\n\n");
    case "hr":
      return [literal("---\n\n")];
    case "br":
      return [literal("\n")];
    case "ul":
    case "ol":
    case "div":
    case "section":
      return around("", "\n");
    case "span":
    case "tbody":
    case "tfoot":
      return inner;
    case "li": {
      const marker = m.marker ?? "- ";
      return merge([literal(marker), ...lines(inner, " ".repeat(marker.length), ""), literal("\n")]);
    }
    case "blockquote":
      return merge([literal("> "), ...lines(inner, "> ", ">"), literal("\n")]);
    case "pre":
      return around("```\n", "\n```\n\n");
    case "code": {
      const language = attributes.get("className");
      if (language)
        return merge([literal("```"), languageOf(language), literal("\n"), ...inner, literal("\n```\n\n")]);
      return m.block ? around("```\n", "\n```\n\n") : around("`", "`");
    }
    case "strong":
      return around("**", "**");
    case "em":
      return around("*", "*");
    case "a":
      return merge([literal("["), ...inner, literal("]("), ...given(attributes, "href"), literal(")")]);
    case "img":
      return merge([
        literal("!["),
        ...given(attributes, "alt"),
        literal("]("),
        ...given(attributes, "src"),
        literal(")"),
      ]);
    case "table":
      return around("", "\n");
    case "thead":
      return around("", m.columns?.length ? `| ${m.columns.join(" | ")} |\n` : "");
    case "tr":
      return around("|", "\n");
    case "th":
    case "td":
      return merge([literal(" "), ...inner.map(cell), literal(" |")]);
    default:
      return merge([...open(tag, attributes), ...(VOID.has(tag) ? [] : [...inner, literal(`</${tag}>`)])]);
  }
}

/** What is literal in a cell stays on its line and inside its column. */
function cell(part: Core.Expr): Core.Expr {
  if (part.type !== "Literal" || typeof part.value !== "string") return part;
  return literal(part.value.replace(/\n+/g, " ").replace(/\|/g, "\\|"));
}

const given = (attributes: ReadonlyMap<string, Core.Expr>, name: string): Core.Expr[] => {
  const value = attributes.get(name);
  return value ? [value] : [];
};

function languageOf(className: Core.Expr): Core.Expr {
  if (className.type === "Literal") return literal(String(className.value).replace("language-", ""));
  return call(
    { type: "Member", object: call("String", className), property: "replace" },
    literal("language-"),
    literal(""),
  );
}

/** Neighbours that are literal as one; a literal null, undefined or boolean is nothing. */
export function merge(parts: readonly Core.Expr[]): Core.Expr[] {
  const merged: Core.Expr[] = [];
  let text = "";
  const flush = (): void => {
    if (text !== "") merged.push(literal(text));
    text = "";
  };
  for (const part of parts) {
    if (part.type === "Literal") text += plainText(part.value);
    else {
      flush();
      merged.push(part);
    }
  }
  flush();
  return merged;
}

export const plainText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

/** Without newlines at its ends, at most one empty line in a row, each further line after `indent`, an empty one `empty`. */
function lines(inner: readonly Core.Expr[], indent: string, empty: string): Core.Expr[] {
  return inner.map((part, n) => {
    if (part.type !== "Literal") return part;
    let text = plainText(part.value).replace(/\n{3,}/g, "\n\n");
    if (n === 0) text = text.replace(/^\n+/, "");
    if (n === inner.length - 1) text = text.replace(/\n+$/, "");
    const rows = text.split("\n");
    const last = rows.length - 1;
    return literal(
      rows.map((row, i) => (i === 0 ? row : row === "" && i < last ? empty : indent + row)).join("\n"),
    );
  });
}

const VOID: ReadonlySet<string> = new Set(
  "area base br col embed hr img input link meta param source track wbr".split(" "),
);
/** Attributes that are there or not, as React knows them. */
const BOOLEAN: ReadonlySet<string> = new Set(
  `allowfullscreen async autofocus autoplay checked controls default defer disabled formnovalidate hidden inert
  itemscope loop multiple muted nomodule novalidate open playsinline readonly required reversed scoped seamless
  selected`.split(/\s+/),
);
const RENAMED: Readonly<Record<string, string>> = { className: "class", htmlFor: "for" };
/** What React keeps for itself. */
const KEPT: ReadonlySet<string> = new Set(["key", "ref", "children", "dangerouslySetInnerHTML"]);

function open(tag: string, attributes: ReadonlyMap<string, Core.Expr>): Core.Expr[] {
  const parts: Core.Expr[] = [literal(`<${tag}`)];
  for (const [name, value] of attributes)
    if (!KEPT.has(name) && value.type !== "Arrow") parts.push(...attribute(tag, name, value));
  return [...parts, literal(VOID.has(tag) ? "/>" : ">")];
}

function attribute(tag: string, name: string, value: Core.Expr): Core.Expr[] {
  if (BOOLEAN.has(name.toLowerCase())) {
    const there = literal(` ${name.toLowerCase()}=""`);
    if (value.type === "Literal") return value.value ? [there] : [];
    return [{ type: "Conditional", test: value, then: there, else: literal("") }];
  }
  const shown = Object.hasOwn(RENAMED, name) ? RENAMED[name]! : name;
  const before = literal(` ${shown}="`);
  const spelled = /^(aria|data)-/.test(name);
  if (value.type === "Literal") {
    const { value: plain } = value;
    if (plain === null || plain === undefined) return [];
    if (typeof plain === "boolean") {
      if (spelled) return [before, literal(`${plain}"`)];
      return plain && tag.includes("-") ? [before, literal('"')] : [];
    }
    return [before, literal(`${plainText(plain)}"`)];
  }
  if (value.type === "Template") return [before, value, literal('"')];
  const none = binary("==", value, literal(null));
  const isBoolean = binary("===", { type: "Unary", op: "typeof", arg: value }, literal("boolean"));
  const written: Core.Expr = { type: "Template", quasis: [` ${shown}="`, '"'], exprs: [value] };
  return [
    {
      type: "Conditional",
      test: spelled ? none : logical("||", none, isBoolean),
      then: literal(""),
      else: written,
    },
  ];
}
