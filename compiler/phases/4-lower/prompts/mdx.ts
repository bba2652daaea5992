/**
 * Prompt files with JSX, code or imports, as `@mdx-js/mdx` parses them (loaded only for such files). The Markdown is
 * kept as it is written; expressions become holes, elements of imported prompts calls of those prompts. Lower-case
 * tags are text: prompts use them to mark sections.
 */
import type * as Core from "../../../../plan/core/ast.ts";
import type { Diagnostic } from "../../../diagnostics.ts";
import { problem } from "../../../report.ts";
import type { SourceFile } from "../../2-bind/files.ts";
import { fragment } from "./fragment.ts";
import { type Part, templateOf } from "./parts.ts";

/** What this module reads of the syntax tree that the parser gives (mdast with MDX nodes). */
interface MdxNode {
  readonly type: string;
  readonly value?: unknown;
  readonly name?: string | null;
  readonly attributes?: readonly MdxAttribute[];
  readonly children?: readonly MdxNode[];
  readonly position?: {
    readonly start: { readonly offset?: number };
    readonly end: { readonly offset?: number };
  };
}

interface MdxAttribute extends MdxNode {
  readonly name?: string;
}

/** Gives the name in the plan of the prompt behind an import; null where it is none, which is reported. */
export type ImportPrompt = (specifier: string, start: number, end: number) => string | null;

export interface MdxFile {
  readonly file: SourceFile;
  readonly importPrompt: ImportPrompt;
  readonly problems: Diagnostic[];
}

export async function mdxTemplate(input: MdxFile): Promise<Core.Expr | null> {
  const { file, problems } = input;
  const { createProcessor } = await import("@mdx-js/mdx");
  let tree: MdxNode;
  try {
    tree = createProcessor({ format: "mdx" }).parse(file.text) as MdxNode;
  } catch (error) {
    const { reason, place } = error as {
      reason?: string;
      place?: { offset?: number; start?: { offset?: number } };
    };
    const at = place?.offset ?? place?.start?.offset ?? 0;
    problems.push(
      problem("SM116", { file: file.index, start: at, end: at + 1 }, reason ?? String(error), {
        hint: "A brace or an angle bracket that is meant as text is written \\{ or \\<.",
      }),
    );
    return null;
  }
  const before = problems.length;
  const walk = new Walk(input);
  const parts = walk.children(tree, 0, file.text.length);
  return problems.length > before ? null : templateOf(parts);
}

class Walk {
  readonly #input: MdxFile;
  readonly #prompts = new Map<string, string>();

  constructor(input: MdxFile) {
    this.#input = input;
  }

  /** The source between two offsets with what the nodes in it become. */
  children(node: MdxNode, start: number, end: number): Part[] {
    const parts: Part[] = [];
    let at = start;
    const copy = (to: number): void => {
      parts.push({ type: "text", text: this.#input.file.text.slice(at, to) });
    };
    const visit = (child: MdxNode): void => {
      const from = child.position?.start.offset ?? at;
      const to = child.position?.end.offset ?? from;
      const replaced = this.#replaced(child, from, to);
      if (replaced) {
        copy(from);
        parts.push(...replaced);
        at = to;
      } else if (child.children) child.children.forEach(visit);
    };
    node.children?.forEach(visit);
    copy(end);
    return parts;
  }

  #replaced(node: MdxNode, start: number, end: number): Part[] | null {
    const { file, problems } = this.#input;
    switch (node.type) {
      case "mdxTextExpression":
      case "mdxFlowExpression":
        return this.#hole(start + 1, end - 1);
      case "mdxjsEsm":
        this.#imports(start, end);
        return [];
      case "mdxJsxFlowElement":
      case "mdxJsxTextElement":
        return this.#element(node, start, end);
      case "text":
        // Markdown's other escapes stay: what is written is Markdown again.
        return [{ type: "text", text: file.text.slice(start, end).replace(/\\([{}<])/g, "$1") }];
      case "html":
        problems.push(problem("SM116", { file: file.index, start, end }, "Raw HTML can't stand here."));
        return [];
      default:
        return null;
    }
  }

  #hole(start: number, end: number): Part[] {
    const { file, problems } = this.#input;
    if (/^\s*(\/\*[\s\S]*\*\/\s*)*$/.test(file.text.slice(start, end))) return [];
    const expr = fragment(file, start, end, problems);
    return expr ? [{ type: "hole", expr }] : [];
  }

  #imports(start: number, end: number): void {
    const { file, problems, importPrompt } = this.#input;
    for (const match of file.text.slice(start, end).matchAll(/[^;\n]+/g)) {
      const from = start + match.index;
      const found = /^\s*import\s+([\w$]+)\s+from\s+(["'])(.+?)\2\s*$/.exec(match[0]);
      if (!found) {
        if (match[0].trim() !== "")
          problems.push(
            problem(
              "SM116",
              { file: file.index, start: from, end: from + match[0].length },
              "A prompt file can only import other prompts.",
              {
                hint: "Compute the value in the workflow and pass it as a prop.",
              },
            ),
          );
        continue;
      }
      const name = importPrompt(found[3]!, from, from + match[0].length);
      if (name !== null) this.#prompts.set(found[1]!, name);
    }
  }

  #element(node: MdxNode, start: number, end: number): Part[] | null {
    const { file, problems } = this.#input;
    const name = node.name ?? "";
    const attributes = node.attributes ?? [];
    const span = { file: file.index, start, end };
    if (name === "" || /^[a-z]/.test(name)) {
      if (attributes.every((a) => a.type === "mdxJsxAttribute" && typeof a.value !== "object")) {
        if (name !== "") return null;
        return this.#inside(node, start, end);
      }
      problems.push(problem("SM116", span, `\`<${name}>\` has a computed attribute.`));
      return [];
    }
    const prompt = this.#prompts.get(name);
    if (prompt === undefined) {
      problems.push(
        problem("SM116", span, `\`<${name}>\` is no prompt that this file imports.`, {
          hint: "Import it from a .md or .mdx file, or render it in the workflow and pass the text as a prop.",
        }),
      );
      return [];
    }
    const props: (Core.Property | Core.Spread)[] = [];
    for (const attribute of attributes) {
      const prop = this.#prop(attribute);
      if (prop) props.push(prop);
    }
    if (node.children && node.children.length > 0)
      props.push({ type: "Property", key: "children", value: templateOf(this.#inside(node, start, end)) });
    const args: Core.Expr[] = [
      { type: "Literal", value: prompt },
      { type: "Object", props },
    ];
    return [{ type: "hole", expr: { type: "Call", callee: { type: "Name", name: "prompt" }, args } }];
  }

  /** What stands between an element's tags. */
  #inside(node: MdxNode, start: number, end: number): Part[] {
    const first = node.children?.[0]?.position?.start.offset ?? start;
    const last = node.children?.at(-1)?.position?.end.offset ?? end;
    return node.children?.length ? this.children(node, first, last) : [];
  }

  #prop(attribute: MdxAttribute): Core.Property | Core.Spread | null {
    const { file, problems } = this.#input;
    const start = attribute.position?.start.offset ?? 0;
    const end = attribute.position?.end.offset ?? start;
    if (attribute.type === "mdxJsxExpressionAttribute") {
      const dots = file.text.indexOf("...", start);
      const arg = fragment(file, dots + 3, end - 1, problems);
      return arg && { type: "Spread", arg };
    }
    const key = attribute.name ?? "";
    const literal = (value: string | boolean): Core.Property => ({
      type: "Property",
      key,
      value: { type: "Literal", value },
    });
    if (attribute.value === null || attribute.value === undefined) return literal(true);
    if (typeof attribute.value === "string") return literal(attribute.value);
    const brace = file.text.indexOf("{", start);
    const value = fragment(file, brace + 1, end - 1, problems);
    return value && { type: "Property", key, value };
  }
}
