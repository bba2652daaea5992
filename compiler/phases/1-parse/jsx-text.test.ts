import { transformSync } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEntities, jsxText } from "./jsx-text.ts";

/** The text that esbuild's JSX transform gives the same children. */
function reference(raw: string): string | null {
  const { code } = transformSync(`<a>${raw}</a>`, { loader: "jsx", jsxFactory: "h", charset: "utf8" });
  const args = new Function("h", `return ${code.trim().replace(/;$/, "")}`)((...all: unknown[]) => all);
  return (args as unknown[]).length > 2 ? ((args as unknown[])[2] as string) : null;
}

const piece = fc.constantFrom(
  " ",
  "  ",
  "\n",
  "\r\n",
  "\t",
  "\u00a0",
  "\u2003",
  "a",
  "b c",
  "&nbsp;",
  "&amp;",
  "&lt;",
  "&#32;",
  "&#x41;",
  "&nope;",
  "&",
  "&quot;",
  "é",
  "😀",
);

describe("JSX text", () => {
  it("means what esbuild makes of it", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const raw = pieces.join("");
        expect(jsxText(raw)).toBe(reference(raw));
      }),
      { numRuns: Number(process.env.RUNS ?? 300) },
    );
  });

  it("decodes every named entity as esbuild does", async () => {
    const { ENTITIES } = await import("./jsx-entities.ts");
    const all = [...ENTITIES.keys()].map((name) => `&${name};`).join("");
    expect(ENTITIES.size).toBe(253);
    expect(decodeEntities(all)).toBe(reference(all));
  });
});
