import { describe, expect, it } from "vitest";
import { draftOf, promptDraft } from "../../test/drafts.ts";
import type { DraftNode } from "../draft.ts";
import { seal } from "../seal.ts";
import { diffPlans } from "./diff.ts";
import { diffLines } from "./lines.ts";
import { renderDiffMarkdown } from "./markdown.ts";
import { movedItems } from "./order.ts";
import { renderDiffText } from "./text.ts";

describe("diffPlans", () => {
  it("does not rely on digests that stand in the plans", () => {
    const [before, after] = [seal(promptDraft("'a'")), seal(promptDraft("'b'"))];
    const forged = {
      ...after,
      digest: before.digest,
      nodes: { ...after.nodes, a: { ...after.nodes.a!, digests: before.nodes.a!.digests } },
    };
    expect(diffPlans(before, forged as typeof after).map(({ code, name }) => [code, name])).toEqual([
      ["prompt-changed", "a"],
    ]);
  });

  it("names a value that changed, not every value made of it", () => {
    const values = (first: string): DraftNode => ({
      kind: "workflow",
      values: {
        one: { expr: first, reads: [] },
        two: { expr: "one + 1", reads: [] },
        three: { expr: "two + 1", reads: [] },
      },
    });
    const plan = (first: string) =>
      seal(
        draftOf({
          root: values(first),
          a: {
            kind: "task",
            parent: "root",
            id: "a",
            output: "out",
            agent: "writer",
            prompt: { $: "three" },
          },
        }),
      );
    const changes = diffPlans(plan("ctx.input.x"), plan("ctx.input.y"));
    expect(changes.map(({ code, name }) => [code, name])).toEqual([["value-changed", "one"]]);
    expect(changes[0]!.affects).toEqual([{ node: "a", name: "a", part: "prompt", through: "value" }]);
  });

  it("reaches through the each of a list that changed (COMPILER 24)", () => {
    const plan = (of: string) =>
      seal(
        draftOf({
          root: { kind: "workflow" },
          g: { kind: "group", parent: "root", each: { of, as: "x", key: "x" } },
          a: {
            kind: "task",
            parent: "g",
            id: { $: "x" },
            output: "out",
            agent: "writer",
            prompt: { $: "x" },
          },
        }),
      );
    const [change, ...rest] = diffPlans(plan("ctx.input.xs"), plan("ctx.input.ys"));
    expect(rest).toEqual([]);
    expect(change).toMatchObject({
      code: "each-changed",
      node: "g",
      affects: [{ node: "a", through: "each" }],
    });
  });
});

describe("renderers", () => {
  it("let nothing of a plan steer a terminal or become markup", () => {
    const changes = diffPlans(
      seal(promptDraft("'\\u001b[2J a ``` b'")),
      seal(promptDraft("'@team ```\\n[x](y)'")),
    );
    expect(renderDiffText(changes)).not.toContain("\u001b");
    const markdown = renderDiffMarkdown(changes);
    expect(markdown).not.toContain("\u001b");
    expect(markdown.match(/^ *````(diff)?$/gm)).toHaveLength(2);
  });

  it("colour through the painter only, and only around what they show anyway", () => {
    const changes = diffPlans(seal(promptDraft("'a'")), seal(promptDraft("'b'")));
    const painted = renderDiffText(changes, { paint: (text, style) => `<${style}>${text}</>` });
    expect(painted).toContain("<~>~</> <name>a</>");
    expect(painted.replaceAll(/<[^>]*>/g, "")).toBe(renderDiffText(changes));
  });
});

describe("diffLines", () => {
  const text = (before: string, after: string): string =>
    diffLines(before.split(""), after.split(""))
      .map(({ sign, text }) => sign + text)
      .join(" ");

  it("finds the fewest edits, removals first", () => {
    expect(text("abcabba", "cbabac")).toBe("-a -b  c +b  a  b -b  a +c");
    expect(text("abc", "abc")).toBe(" a  b  c");
    expect(text("a", "b")).toBe("-a +b");
  });

  it("gives back both texts, long ones without a search too", () => {
    const lines = (seed: number): string[] => Array.from({ length: 900 }, (_, i) => String((i * seed) % 97));
    const diff = diffLines(lines(3), lines(5));
    expect(diff.filter(({ sign }) => sign !== "+").map((line) => line.text)).toEqual(lines(3));
    expect(diff.filter(({ sign }) => sign !== "-").map((line) => line.text)).toEqual(lines(5));
  });
});

describe("movedItems", () => {
  it("moves as few as possible", () => {
    expect([...movedItems(["a", "b", "c", "d"], ["d", "a", "b", "c"])]).toEqual(["d"]);
    expect([...movedItems(["a", "b", "c"], ["a", "b", "c"])]).toEqual([]);
    expect(movedItems(["a", "b", "c"], ["c", "b", "a"]).size).toBe(2);
  });
});
