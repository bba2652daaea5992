/**
 * What the type checker says of props, written as calls of the components: it checks a JSX element against the same
 * types. The type check of the whole project fails where an expected error is none.
 */
import { expect, it } from "vitest";
import { z } from "zod";
import type { Smithers } from "./index.ts";
import { AnthropicAgent } from "./index.ts";

const schemas = {
  input: z.object({ topic: z.string() }),
  note: z.object({ text: z.string() }),
};

/** Never called: only its types count. */
function uses(s: Smithers<typeof schemas>): unknown[] {
  const { outputs } = s;
  const agent = new AnthropicAgent({ model: "claude-sonnet-4-5" });
  return [
    s.Task({ id: "a", output: outputs.note, agent, retries: 2, children: "Write." }),
    s.Task({ id: "a", output: "note", agent, noRetry: true, memory: { remember: {} }, children: "Write." }),
    s.Timer({ id: "t", duration: "3s" }),
    s.Timer({ id: "t", until: new Date(0) }),
    s.Worktree({ path: "a", branch: "b" }),
    s.Signal({ id: "s", schema: outputs.note, children: (data) => data.text }),
    s.HumanTask({ id: "h", output: outputs.note, prompt: "What?" }),
    s.Panel({
      panelists: [agent],
      moderator: agent,
      panelistOutput: outputs.note,
      moderatorOutput: outputs.note,
      children: "Judge.",
    }),
    s.Task({
      id: "a",
      output: outputs.note,
      agent,
      children: "Write.",
      onFinished: (row, { state, vol, iteration }) => {
        state.set("phase", row.text.toUpperCase());
        state.update("n", (n) => (n ?? 0) + iteration);
        state.init("seen", []);
        vol.delete("label");
      },
      onError: ({ code }, { state }) => state.set("why", code),
      onProgress: (said, { vol }) => vol.set("said", said.message),
    }),
    s.Timer({ id: "t", duration: "3s", onFinished: (_, ctx) => ctx.state.set("rang", ctx.now()) }),
    s.Effect({ id: "e", deps: [1, "x"], run: ([n, text], { state }) => state.set(text, n + 1) }),
    s.Effect({ id: "e", run: (_, { state }) => state.set("once", true) }),
    s.smithers((ctx) => {
      const count: number = ctx.state.get("n", 0);
      const drawn: number = ctx.random("x");
      return ctx.state.has("phase") ? String(count + drawn) : null;
    }),
    s.Task({
      id: "a",
      output: outputs.note,
      agent,
      children: "Write.",
      // @ts-expect-error no such column
      onFinished: (row, { state }) => state.set("phase", row.body),
    }),
    // @ts-expect-error nothing to run
    s.Effect({ id: "e", deps: [1] }),
    // @ts-expect-error a number has no such method
    s.Effect({ id: "e", deps: [1], run: ([n], { state }) => state.set("x", n.trim()) }),
    // @ts-expect-error a number is wanted
    s.Task({ id: "a", output: outputs.note, agent, retries: "three", children: "Write." }),
    // @ts-expect-error there is no such prop
    s.Task({ id: "a", output: outputs.note, agent, retrys: 3, children: "Write." }),
    // @ts-expect-error there is no such table
    s.Task({ id: "a", output: "notes", agent, children: "Write." }),
    // @ts-expect-error both
    s.Timer({ id: "t", duration: "3s", until: "2026-01-31T08:00:00Z" }),
    // @ts-expect-error neither
    s.Timer({ id: "t" }),
    // @ts-expect-error no path
    s.Worktree({ branch: "b" }),
    // @ts-expect-error no such column
    s.Signal({ id: "s", schema: outputs.note, children: (data) => data.body }),
    // @ts-expect-error no such policy
    s.TryCatchFinally({ try: null, onFailure: "fail" }),
    // @ts-expect-error no moderator
    s.Panel({
      panelists: [agent],
      panelistOutput: outputs.note,
      moderatorOutput: outputs.note,
      children: "",
    }),
  ];
}

it("is checked by the type checker", () => {
  expect(typeof uses).toBe("function");
});
