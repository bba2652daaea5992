import { describe, expect, it } from "vitest";
import { checkExpr, freeNames, parseExpr, readsOf } from "./index.ts";

describe("static reads", () => {
  it.each([
    ["ctx.input.goal + ctx.input[k]", ["input.*", "input.goal", "name:k"]],
    ["ctx.outputMaybe('review', { nodeId: 'validate' })?.ok", ["outputs.review@validate"]],
    ["ctx.latest('review', `work-${i}`)", ["name:i", "outputs.review@work-{}"]],
    ["ctx.output('review', { nodeId: id, iteration: 1 })", ["name:id", "outputs.review@{}"]],
    ["ctx.outputs.review.length + ctx.outputs('fix').length", ["outputs.fix", "outputs.review"]],
    ["ctx.outputs[t]", ["name:t", "outputs.*"]],
    ["ctx.latestArray(ctx.latest('a', 'b'))", ["outputs.a@b"]],
    ["ctx.iteration + ctx.now() + ctx.runId", ["iteration", "now", "runId"]],
    ["f(ctx)", ["ctx", "name:f"]],
    ["((ctx) => ctx.input)(1) + deps.plan.x", ["deps.plan"]],
    ["items.map((t) => t.id + Math.max(1, n))", ["name:items", "name:n"]],
  ])("%s", (text, cells) => {
    expect(readsOf(parseExpr(text))).toEqual(cells);
  });

  it("go through names, functions and prompts, cycles included", () => {
    const known: Record<string, string> = {
      hot: "rank(ctx.outputs.review)",
      rank: "(rows) => rows.filter((r) => r.n > ctx.input.limit && rank([]))",
      "prompt:go": "`${props.x} ${ctx.runId}`",
    };
    const cells = readsOf(parseExpr("text(hot.length, prompt('go', {}))"), (name) =>
      known[name] === undefined ? undefined : parseExpr(known[name]),
    );
    expect(cells).toEqual(["input.limit", "name:props", "outputs.review", "runId"]);
  });

  it("free names leave locals and intrinsics out", () => {
    expect(
      freeNames(
        parseExpr("(a, { b = z }) => { let c = a; for (const d of q) { c = d; } return [c, b, e, JSON]; }"),
      ),
    ).toEqual(["e", "q", "z"]);
  });
});

describe("the form checker", () => {
  it.each([
    ["a.constructor", ["the key constructor"]],
    ["({ __proto__: 1 })", ["the key __proto__"]],
    ["new Worker('x')", ["nothing is called Worker", "new Worker"]],
    ["total = 1", ["nothing is called total", "an assignment to total, which is not a local"]],
    ["nope + 1", ["nothing is called nope"]],
    ["/(/.test('x')", ["Invalid regular expression: /(/: Unterminated group"]],
    ["() => { let a = 1; const a = 2; }", ["a is declared twice"]],
    ["() => { break; }", ["break outside a loop"]],
    ["(x) => x?.a.b(y => y)", []],
    ["[...ctx.outputs.t].map(({ id }) => id)", []],
  ])("%s", (text, messages) => {
    const problems = checkExpr(parseExpr(text), (name) => name === "ctx" || name === "a");
    expect(problems.map(({ message }) => message).sort()).toEqual([...messages].sort());
  });
});
