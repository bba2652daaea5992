/**
 * A Markdown file as a module of the surface AST, as `@mdx-js/mdx` understands one: its imports, exports and
 * declarations are the module's, its content is a component of `props`, a default export is the layout around it
 * (https://mdxjs.com/docs/using-mdx/#layout). Phases 2 to 4 then treat it like any other source.
 */
import type * as Core from "../../../../plan/core/ast.ts";
import type { Diagnostic } from "../../../diagnostics.ts";
import { problem } from "../../../report.ts";
import type * as Surface from "../../../surface.ts";
import type { Element, ElementProp, Expr, SourceModule, Span, Stmt } from "../../../surface.ts";
import { type Parsed, parseModule, type SourceText } from "../parse.ts";
import { parseExpression, parseSpread } from "./code.ts";
import { type Attribute, type Markdown, MarkdownError, type Node, type Position } from "./load.ts";

/** Parsing Markdown costs more than linear time on hostile text; no prompt is that long. */
const MAX_LENGTH = 512 * 1024;
const CONTENT = "*content*";
/** Under this name a module exports what stands around its content. */
export const LAYOUT = "*layout*";
const PROPS = "props";

export function parseMarkdown(input: SourceText, markdown: Markdown): Parsed {
  const { file, text } = input;
  if (text.length > MAX_LENGTH) {
    const size = `${MAX_LENGTH / 1024} KiB`;
    const at = { file, start: 0, end: 0 };
    return failed(
      problem("SM116", at, `A prompt file has at most ${size}.`, {
        hint: "Let the agent read a file, or pass the part that it needs.",
      }),
    );
  }
  let root: Node;
  try {
    root = markdown.parse(text);
  } catch (error) {
    if (!(error instanceof MarkdownError)) throw error;
    const start = Math.min(error.offset, text.length);
    return failed(
      problem(
        "SM116",
        { file, start, end: Math.min(Math.max(error.end, start), text.length) },
        error.message,
        {
          hint: "A brace or an angle bracket that is meant as text is written \\{ or \\<; every tag that is opened is closed.",
        },
      ),
    );
  }
  return new Reader(input).module(root);
}

const failed = (...problems: Diagnostic[]): Parsed => ({ module: null, problems });

class Reader {
  readonly #input: SourceText;
  readonly #problems: Diagnostic[] = [];

  constructor(input: SourceText) {
    this.#input = input;
  }

  module(root: Node): Parsed {
    const { file, path, text } = this.#input;
    const code = parseModule({ file, path: `${path}.jsx`, text: this.#statements(root) });
    let content: Expr[] = [];
    try {
      content = trimmed(this.#children(root.children ?? []));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#report({ file, start: 0, end: 0 }, "The Markdown nests too deep.");
    }
    const problems = [...code.problems.map((p) => ({ ...p, code: "SM116" })), ...this.#problems];
    if (!code.module || problems.length > 0) return failed(...problems);
    return { module: withContent({ ...code.module, path, text }, content), problems: [] };
  }

  /** The file with all but its imports, exports and declarations blanked, so that every place stays what it is. */
  #statements(root: Node): string {
    const { text } = this.#input;
    let kept = "";
    let at = 0;
    for (const node of root.children ?? []) {
      if (node.type !== "mdxjsEsm") continue;
      const { start, end } = this.#span(node);
      kept += blank(text.slice(at, start)) + text.slice(start, end);
      at = end;
    }
    return kept + blank(text.slice(at));
  }

  #children(nodes: readonly Node[]): Expr[] {
    return nodes.flatMap((node) => this.#child(node) ?? []);
  }

  #child(node: Node): Expr | null {
    const span = this.#span(node);
    switch (node.type) {
      case "text":
        return { type: "Literal", value: node.value ?? "", span };
      case "element":
        return this.#markup(node, span);
      case "mdxFlowExpression":
      case "mdxTextExpression":
        return this.#expression(node.value ?? "", span, span.start);
      case "mdxJsxFlowElement":
      case "mdxJsxTextElement":
        return this.#element(node, span);
      default:
        // Statements were read; comments say nothing.
        return null;
    }
  }

  /** What Markdown itself makes: a lower-case tag. */
  #markup(node: Node, span: Span): Element {
    const props = Object.entries(node.properties ?? {}).flatMap(([name, value]): ElementProp[] => {
      const plain = Array.isArray(value) ? value.join(" ") : value;
      if (typeof plain !== "string" && typeof plain !== "number" && typeof plain !== "boolean") return [];
      return [{ type: "ElementProp", span, name, value: { type: "Literal", value: plain, span } }];
    });
    const tag: Expr = { type: "Literal", value: node.tagName ?? "", span };
    return { type: "Element", span, tag, props, children: this.#children(node.children ?? []) };
  }

  #element(node: Node, span: Span): Element {
    return {
      type: "Element",
      span,
      tag: tagOf(node.name ?? null, span),
      props: (node.attributes ?? []).flatMap((attribute) => this.#attribute(attribute, span) ?? []),
      children: this.#children(node.children ?? []),
    };
  }

  #attribute(attribute: Attribute, around: Span): ElementProp | Core.Spread<Surface.Extra> | null {
    const span = attribute.position ? this.#span(attribute) : around;
    const { value } = attribute;
    if (attribute.type === "mdxJsxExpressionAttribute") {
      const code = String(value ?? "");
      const arg = parseSpread({ code, offset: this.#find(code, span), span }, this.#problems);
      return arg && { type: "Spread", arg, span };
    }
    const name = attribute.name ?? "";
    const plain = (of: string | true): ElementProp => ({
      type: "ElementProp",
      span,
      name,
      value: { type: "Literal", value: of, span },
    });
    if (value === null || value === undefined) return plain(true);
    if (typeof value === "string") return plain(value);
    const made = this.#expression(value.value, span, span.start);
    return made && { type: "ElementProp", span, name, value: made };
  }

  #expression(code: string, span: Span, from: number): Expr | null {
    if (/^\s*(\/\*[\s\S]*?\*\/\s*|\/\/[^\n]*(\n\s*|$))*$/.test(code)) return null;
    return parseExpression(
      { code, offset: this.#find(code, { ...span, start: from }), span },
      this.#problems,
    );
  }

  #find(code: string, within: Span): number | null {
    const at = this.#input.text.indexOf(code, within.start);
    return at < 0 || at + code.length > within.end ? null : at;
  }

  #span(node: { readonly position?: Position | undefined }): Span {
    const start = node.position?.start.offset ?? 0;
    return { file: this.#input.file, start, end: node.position?.end.offset ?? start };
  }

  #report(span: Span, message: string): void {
    this.#problems.push(problem("SM116", span, message));
  }
}

const blank = (text: string): string => text.replace(/[^\n]/g, " ");

function tagOf(name: string | null, span: Span): Expr | null {
  if (name === null) return null;
  const [head, ...members] = name.split(".");
  if (members.length === 0 && (/^[a-z]/.test(name) || /[-:]/.test(name)))
    return { type: "Literal", value: name, span };
  let tag: Expr = { type: "Name", name: head ?? "", span };
  for (const property of members) tag = { type: "Member", object: tag, property, span };
  return tag;
}

/** White space around the content is no part of it. */
function trimmed(content: readonly Expr[]): Expr[] {
  const isBlank = (x: Expr): boolean => x.type === "Literal" && /^\s*$/.test(String(x.value));
  const first = content.findIndex((x) => !isBlank(x));
  return first < 0 ? [] : content.slice(first, content.findLastIndex((x) => !isBlank(x)) + 1);
}

/** The module with its content as default export, and the one that it had as layout; a file of code alone keeps its own. */
function withContent(module: SourceModule, content: readonly Expr[]): SourceModule {
  const layout = module.exports.get("default");
  if (layout && content.length === 0) return module;
  const span = { file: module.file, start: 0, end: module.text.length };
  const props = { type: "Name", name: PROPS, span } as const;
  const body: Expr = { type: "Element", span, tag: null, props: [], children: content };
  const made: Stmt = {
    type: "Declare",
    kind: "const",
    decls: [
      {
        target: { type: "Name", name: CONTENT, span },
        init: { type: "Arrow", params: [props], body, span },
      },
    ],
    span,
  };
  return {
    ...module,
    body: [...module.body, made],
    exports: new Map([
      ...module.exports,
      ...(layout ? [[LAYOUT, layout] as const] : []),
      ["default", { local: CONTENT }],
    ]),
  };
}
