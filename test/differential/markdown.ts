/**
 * Prompt files on the side of direct execution: compiled by `@mdx-js/mdx` itself, their tags written by the component
 * map of docs/prompts.md, which is told again here over finished strings. Nothing is shared with the compiler.
 */
import { compile, createProcessor } from "@mdx-js/mdx";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";

interface Element {
  readonly type: unknown;
  readonly key?: unknown;
  readonly props: Readonly<Record<string, unknown>>;
}

export interface Rendering {
  isElement(x: unknown): x is Element;
  part(x: unknown): string;
}

function tables(this: { data(): Record<string, unknown> }): void {
  const data = this.data();
  data.micromarkExtensions = [...((data.micromarkExtensions as unknown[]) ?? []), gfmTable()];
  data.fromMarkdownExtensions = [
    ...((data.fromMarkdownExtensions as unknown[]) ?? []),
    gfmTableFromMarkdown(),
  ];
}

/** The end of a line that no value brought; only those are indented in a list and prefixed in a quote. */
export const LINE = "\ue000";

interface Node {
  readonly type: string;
  value?: string;
  readonly children?: readonly Node[];
}

/** Marks the ends of lines of the text itself. */
const marked = () => (tree: Node) => {
  const visit = (node: Node): void => {
    if (node.type === "text" && node.value !== undefined) node.value = node.value.replaceAll("\n", LINE);
    node.children?.forEach(visit);
  };
  visit(tree);
};

/**
 * The JavaScript of a prompt file; its JSX is left for the caller's own factory. A file of nothing but code is its own
 * module: MDX would hand its default export the empty content as children, an element that no prompt wants to print.
 */
export async function mdxSource(text: string): Promise<string> {
  const options = {
    remarkPlugins: [tables as () => void],
    rehypePlugins: [marked],
    tableCellAlignToStyle: false,
  };
  const tree = createProcessor(options).parse(text) as { children: readonly { type: string }[] };
  if (tree.children.some((x) => x.type === "mdxjsEsm") && tree.children.every((x) => x.type === "mdxjsEsm"))
    return text;
  const made = await compile(text, { ...options, jsx: true });
  return String(made).replace(/\/\*@jsx\w+ \S+?\*\//g, "");
}

/** A lower-case tag as prompt text. */
export function tagText(tag: string, props: Readonly<Record<string, unknown>>, r: Rendering): string {
  const children = [props.children].flat(9);
  const inner = r.part(props.children);
  const kids = (tags: string): Element[] =>
    spread(children, r).filter(
      (x): x is Element => r.isElement(x) && tags.split(" ").includes(String(x.type)),
    );
  const rows = (): string =>
    spread(children, r)
      .map((x) => (typeof x === "string" && x.replaceAll(LINE, "").trim() === "" ? "" : r.part(x)))
      .join("");
  const heading = /^h([1-6])$/.exec(tag);
  if (heading) return `${"#".repeat(Number(heading[1]))} ${inner}${LINE}${LINE}`;
  switch (tag) {
    case "p":
      return `${inner}${LINE}${LINE}`;
    case "hr":
      return `---${LINE}${LINE}`;
    case "br":
      return LINE;
    case "div":
    case "section":
      return `${inner}${LINE}`;
    case "span":
      return inner;
    case "tbody":
    case "tfoot":
      return rows();
    case "strong":
      return `**${inner}**`;
    case "em":
      return `*${inner}*`;
    case "a":
      return `[${inner}](${r.part(props.href)})`;
    case "img":
      return `![${r.part(props.alt)}](${r.part(props.src)})`;
    case "blockquote":
      return `> ${hang(inner, "> ", ">")}${LINE}`;
    case "ul":
    case "ol": {
      let n = Number(props.start ?? 1);
      // What a list was mapped to has keys.
      const fixed = spread(children, r).every((x) => !r.isElement(x) || x.key === undefined);
      return `${children
        .flatMap((x) => spread([x], r))
        .map((x) => {
          if (!r.isElement(x) || x.type !== "li") return r.part(x);
          const marker = tag === "ul" ? "- " : fixed ? `${n++}. ` : "1. ";
          const text = r.part(x.props.children);
          return `${marker}${hang(text, " ".repeat(marker.length), "")}${LINE}`;
        })
        .join("")}${LINE}`;
    }
    case "li":
      return `- ${hang(inner, "  ", "")}${LINE}`;
    case "pre": {
      const [code] = kids("code");
      if (!code) return `\`\`\`${LINE}${inner}${LINE}\`\`\`${LINE}${LINE}`;
      const language = String(code.props.className ?? "").replace("language-", "");
      return `\`\`\`${language}${LINE}${r.part(code.props.children)}${LINE}\`\`\`${LINE}${LINE}`;
    }
    case "code":
      return props.className
        ? `\`\`\`${String(props.className).replace("language-", "")}${LINE}${inner}${LINE}\`\`\`${LINE}${LINE}`
        : `\`${inner}\``;
    case "table":
      return `${rows()}${LINE}`;
    case "thead": {
      const [row] = kids("tr");
      const cells = row ? spread([row.props.children].flat(9), r).filter(r.isElement) : [];
      const delimiters = cells.map((x) => DELIMITER[String(x.props.align)] ?? "---");
      return `${rows()}${cells.length ? `| ${delimiters.join(" | ")} |${LINE}` : ""}`;
    }
    case "tr":
      return `|${rows()}${LINE}`;
    case "th":
    case "td":
      return ` ${inner.replace(/\ue000+/g, " ").replace(/\|/g, "\\|")} |`;
    default:
      return markup(tag, props, inner);
  }
}

const DELIMITER: Record<string, string> = { left: ":---", right: "---:", center: ":---:" };

/** Children with fragments opened. */
function spread(children: readonly unknown[], r: Rendering): unknown[] {
  return children.flatMap((x) =>
    r.isElement(x) && typeof x.type === "object" ? spread([x.props.children].flat(9), r) : [x],
  );
}

function hang(inner: string, indent: string, empty: string): string {
  const tidy = inner.replace(/\ue000{3,}/g, LINE + LINE).replace(/^\ue000+|\ue000+$/g, "");
  const [first = "", ...others] = tidy.split(LINE);
  return [first, ...others.map((x) => (x === "" ? empty : indent + x))].join(LINE);
}

/** As React's static markup has it, unescaped. */
function markup(tag: string, props: Readonly<Record<string, unknown>>, inner: string): string {
  const written = Object.entries(props).flatMap(([name, value]) => {
    if (name === "children" || typeof value === "function" || value === undefined || value === null)
      return [];
    const as = name === "className" ? "class" : name === "htmlFor" ? "for" : name;
    if (["hidden", "disabled", "checked", "open"].includes(name)) return value ? [` ${as}=""`] : [];
    if (typeof value === "boolean" && !/^(data|aria)-/.test(name))
      return value && tag.includes("-") ? [` ${as}=""`] : [];
    return [` ${as}="${String(value)}"`];
  });
  const head = `<${tag}${written.join("")}`;
  return ["br", "hr", "img", "input"].includes(tag) ? `${head}/>` : `${head}>${inner}</${tag}>`;
}
