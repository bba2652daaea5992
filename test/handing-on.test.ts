/** A subclass of a library agent that only hands its options on is kept as that agent; every other one is refused. */
import { expect, it } from "vitest";
import { build, memoryHost } from "../compiler/index.ts";

async function built(body: string) {
  const text = `import { createSmithers, CodexAgent as Base } from "smithers";
import { existsSync } from "node:fs";
import { z } from "zod";
class Mine extends Base {
${body}
}
const mine = new Mine({ model: "m", skipGitRepoCheck: true });
const { Workflow, Task, smithers, outputs } = createSmithers({ row: z.object({ text: z.string() }) });
export default smithers(() => <Workflow name="w"><Task id="it" output={outputs.row} agent={mine}>Go.</Task></Workflow>);
`;
  return build("/w/workflow.tsx", { host: memoryHost({ "/w/workflow.tsx": text }) });
}

it.each([
  "",
  "  note = 'kept';",
  "  constructor(opts = {}) { super(opts); this.dir = opts.configDir ?? 'x'; this.#key = opts.apiKey; }\n  #key;",
  "  async preflight(options) { if (existsSync('auth.json')) return; return super.preflight(options); }",
])("keeps what only hands on: %s", async (body) => {
  const { plan, diagnostics } = await built(body);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(plan?.agents.mine).toEqual({ kind: "cli:codex", model: "m", options: { skipGitRepoCheck: true } });
  const warned = diagnostics.find(({ code }) => code === "SM704");
  expect(warned?.severity).toBe(body.includes("preflight") ? "warning" : undefined);
});

it.each([
  "  constructor(opts) { super({ ...opts, model: 'other' }); }",
  "  constructor(opts) { super(opts); this.model = 'other'; }",
  "  constructor(opts) { super(opts); opts.model = 'other'; }",
  "  constructor(opts = { model: 'x' }) { super(opts); }",
  "  constructor(opts) { super(opts); this.dir = (opts.model = 'other'); }",
  "  model = 'other';",
  "  async generate(args) { return super.generate(args); }",
  "  get model() { return 'other'; }",
  "  static { Base.prototype.generate = null; }",
  "  ['generate'] = null;",
])("doesn't take for the base class: %s", async (body) => {
  const { diagnostics } = await built(body);
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect(errors.map(({ code, message }) => [code, message.includes("Base")])).toContainEqual(["SM103", true]);
});
