/** What is known while building decides: recursion over a known tree, cases of a known switch, constants of enums, tags. */
import { describe, expect, it } from "vitest";
import { shapesIn } from "./shapes.ts";
import type { Snippet } from "./snippets.ts";

const shapeOf = shapesIn("unfolding");

const TREE = `const TREE = { id: "root", kind: "seq", of: [{ id: "a", kind: "leaf" }, { id: "p", kind: "par", of: [{ id: "b", kind: "leaf" }, { id: "c", kind: "leaf" }] }] };`;

describe("what is known while building", () => {
  const cases: Record<string, Snippet> = {
    "a tree that a component follows": {
      top: `${TREE}
const Tree = ({ node, depth = 0 }) => {
  if (node.kind === "leaf") return <T id={node.id}>{"depth " + depth}</T>;
  const inner = node.of.map((child) => <Tree key={child.id} node={child} depth={depth + 1} />);
  return node.kind === "par" ? <Parallel>{inner}</Parallel> : <Sequence>{inner}</Sequence>;
};`,
      jsx: "<Tree node={TREE} />",
    },
    "a tree that a function follows through another": {
      top: `${TREE}
const all = (nodes) => nodes.flatMap((child) => one(child));
const one = (node) => (node.of ? all(node.of) : [<T key={node.id} id={node.id}>{node.kind}</T>]);`,
      jsx: "<Parallel>{one(TREE)}</Parallel>",
    },
    "the case of a switch": {
      top: `${TREE}
const Tree = ({ node }) => {
  switch (node.kind) {
    case "leaf":
      return <T id={node.id}>leaf</T>;
    case "par":
    case "seq": {
      const inner = node.of.map((child) => <Tree key={child.id} node={child} />);
      return node.kind === "par" ? <Parallel>{inner}</Parallel> : <Sequence>{inner}</Sequence>;
    }
    default:
      return null;
  }
};`,
      jsx: "<Tree node={TREE} />",
    },
    "that no case of a switch fits": {
      top: `const Case = ({ kind }) => { switch (kind) { case "a": return <T id="a">a</T>; case "b": return <T id="b">b</T>; default: return <T id="other">other</T>; } };`,
      jsx: `<Case kind="c" /><Case kind="b" />`,
    },
    "that a case stands before one that the run decides": {
      top: `const Case = ({ kind, other }) => { switch (kind) { case other: return <T id="same">same</T>; case "a": return <T id="a">a</T>; default: return null; } };`,
      jsx: `<Case kind="a" other={row?.kind} />`,
    },
    "the tag of a template": {
      top: `const clean = (texts, ...values) => texts.map((text, i) => text + (i < values.length ? String(values[i] ?? "none") : "")).join("").trim();`,
      show: "clean`\n  note: ${row?.note}\n  n: ${row?.n ?? 0}${ctx.input.goal}\n` + clean`fixed`",
    },
    "the raw texts of a tagged template": {
      top: "const joined = (texts: TemplateStringsArray, ...values: unknown[]) => texts.raw.map((text, i) => text + (values[i] ?? '')).join('');",
      show: "joined`c ${row?.id} d`",
    },
    "that Math calls nothing it is given": {
      top: `const widest = (lines) => { const xs = lines.map((l) => l.trim()); const n = Math.max(...xs.filter(Boolean).map((l) => l.length)); return xs.map((l) => l.slice(0, n)).join(); };`,
      body: "const { tags } = ctx.input;",
      show: "widest(tags)",
    },
    "constants of an enum": {
      top: `enum Flag { None, A = 1 << 0, B = 1 << 1, Both = A | Flag.B, Next, Low = -1, Word = "w" + "x", Long = \`\${Word}-\${A}\` }`,
      body: "const flags = (row?.ok ? Flag.A : 0) | (row?.n ? Flag.B : 0);",
      show: "JSON.stringify(Object.entries(Flag)) + Flag[flags] + Flag[-1] + Flag.Long",
      jsx: `{flags === Flag.Both && <T id="both">both</T>}`,
    },
  };
  for (const [name, snippet] of Object.entries(cases))
    it(name, async () => {
      expect(await shapeOf(name, snippet)).toBe("structural");
    });
});

describe("what a block's own names choose", () => {
  it("a table", async () => {
    const body = `const els = []; for (const name of ["other", "row"]) { if (row?.n > 100) break; els.push(<Task key={name} id={"t-" + name} output={outputs[name]} agent={agent}>x</Task>); }`;
    expect(await shapeOf("a table", { body, jsx: "<Parallel>{els}</Parallel>" })).toBe("block");
  });
});
