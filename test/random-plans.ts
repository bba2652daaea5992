/** Plans made at random, for tests that compare two ways to the same frame. */
import type { Plan } from "../plan/types.ts";
import { planOf, type TestNode } from "./plans.ts";

export { random as randomOf } from "../cli/twin/random.ts";

/** Every kind of node, nested at random, with conditions, eaches and reads of one another. */
export function randomPlan(random: () => number): Plan {
  return new Maker(random).make();
}

class Maker {
  readonly #random: () => number;
  readonly #nodes: { [key: string]: TestNode } = {};
  readonly #ids = Array.from({ length: 8 }, (_, index) => `n${index}`);
  #unused: string[] = [...this.#ids];
  #count = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  make(): Plan {
    const values = {
      total: { expr: "ctx.outputs.row.reduce((sum, r) => sum + r.v, 0)", reads: [] },
      hot: { expr: "total > 4", reads: [] },
      first: { expr: this.#read(), reads: [] },
      list: { expr: "ctx.outputs.row.map((r) => r.v).slice(0, 3)", reads: [] },
    };
    this.#nodes.w = { kind: "workflow", values };
    const size = 2 + this.#below(4);
    for (let index = 0; index < size; index++) this.#node("w", 0, { item: false });
    return planOf(this.#nodes);
  }

  #node(parent: string, depth: number, inside: { readonly item: boolean }): void {
    const key = `k${this.#count++}`;
    const base: { [field: string]: unknown } = { parent };
    if (this.#chance(0.3)) base.if = this.#condition();
    if (this.#chance(0.08)) base.else = this.#condition();
    let { item } = inside;
    if (this.#chance(0.15)) {
      item = true;
      const of = this.#one([
        "[1, 2, 3]",
        "list",
        "ctx.outputs.row.map((r) => r.v % 3)",
        "[...list].reverse()",
      ]);
      base.each = {
        of,
        as: "x",
        index: "i",
        ...(this.#chance(0.6) ? { key: "`${i}-${x}`" } : {}),
        ...(this.#chance(0.3) ? { if: this.#one(["x !== 2", "x > (first ?? 0)", this.#condition()]) } : {}),
      };
    }
    if (this.#chance(0.1)) base.guards = [{ if: "total > 60", message: "too much" }];
    const nests = depth < 3 && this.#chance(0.45);
    if (!nests || this.#count > 30) {
      this.#leaf(key, base, item);
      return;
    }
    if (this.#chance(0.15)) {
      this.#block(key, base);
      return;
    }
    if (this.#chance(0.2)) {
      this.#recovery(key, base, depth, item);
      return;
    }
    const kind = this.#one([
      "sequence",
      "parallel",
      "parallel",
      "branch",
      "group",
      "loop",
      "loop",
      "phase",
      "step",
    ] as const);
    if (kind === "loop") {
      if (this.#chance(0.7)) base.until = this.#chance(0.3) ? "ctx.iteration >= 2" : this.#condition();
      if (this.#chance(0.7)) base.maxIterations = 1 + this.#below(3);
    }
    if (kind === "parallel" && this.#chance(0.4)) base.maxConcurrency = 1 + this.#below(2);
    if (kind === "parallel" && this.#chance(0.6))
      base.failurePolicy = this.#one(["fail-fast", "finish", "finish", "continue", "continue"]);
    if (kind === "phase" || kind === "step") {
      base.name = this.#chance(0.7) ? key : { $: `\`${key} ${"${"}${this.#read()} ?? ''}\`` };
      if (this.#chance(0.3)) base.skipIf = this.#condition();
    }
    if (kind === "group") base.values = { near: { expr: this.#read(), reads: [] } };
    this.#nodes[key] = { kind, ...base } as TestNode;
    const size = 1 + this.#below(3);
    for (let index = 0; index < size; index++) this.#node(key, depth + 1, { item });
  }

  /** A try or a saga, with parts of their own. */
  #recovery(key: string, base: { [field: string]: unknown }, depth: number, item: boolean): void {
    const part = (role: string, size: number, more: object = {}): void => {
      const name = `${key}-${role}${"step" in more ? more.step : ""}`;
      this.#nodes[name] = { kind: "sequence", parent: key, role, ...more } as TestNode;
      for (let index = 0; index < size; index++) this.#node(name, depth + 1, { item });
    };
    if (this.#chance(0.5)) {
      this.#nodes[key] = {
        kind: "try",
        ...base,
        ...(this.#chance(0.2) && { catchErrors: ["Y"] }),
      } as TestNode;
      part("try", 1 + this.#below(2));
      if (this.#chance(0.6)) part("catch", 1);
      if (this.#chance(0.6)) part("finally", 1);
      return;
    }
    const onFailure = this.#one(["compensate", "compensate", "compensate-and-fail", "fail"] as const);
    this.#nodes[key] = { kind: "saga", ...base, onFailure } as TestNode;
    for (let step = 0; step < 2; step++) {
      part("action", 1, { step: String(step) });
      if (this.#chance(0.8)) part("compensation", 1, { step: String(step) });
    }
  }

  /** A block that yields a task for each of a list, and some in a container when a condition holds. */
  #block(key: string, base: { [field: string]: unknown }): void {
    const args = `{ n, p: n > 1 ? ${this.#read()} : 0 }`;
    const many = `${this.#one(["[1, 2]", "list", "[...list].reverse()"])}.map((n) => site('${key}-task', ${args}))`;
    const boxed = `site('${key}-box', {}, [1].map((n) => site('${key}-task', ${args})))`;
    this.#nodes[key] = {
      kind: "block",
      ...base,
      yields: `[${many}, ${this.#condition()} ? ${boxed} : null]`,
    } as TestNode;
    const skip = this.#chance(0.3) ? { skipIf: "p > 2" } : {};
    const fields = {
      parent: key,
      args: ["n", "p"],
      output: "row",
      payload: { $: "({ v: p ?? 0 })" },
      ...skip,
    };
    this.#nodes[`${key}-task`] = { kind: "task", ...fields } as TestNode;
    const box = this.#one(["sequence", "parallel", "loop"] as const);
    this.#nodes[`${key}-box`] = { kind: box, parent: key } as TestNode;
  }

  /** An effect: some go round in circles, and are stopped. */
  #effect(key: string, base: { [field: string]: unknown }): void {
    const deps = this.#one([
      "[ctx.outputs.row.length]",
      "[ctx.state.get('s0', 0) % 3]",
      "[ctx.vol.get('v0')]",
      `[${this.#read()}]`,
    ]);
    const run = this.#one([
      "([n], { state }) => state.set('s1', n)",
      "([n], { state }) => state.update('s0', (m) => ((m ?? 0) + 1) % 4)",
      "(deps, { vol, state }) => { vol.set('v0', state.get('s0')); state.init('s2', deps); }",
      "([n], { state }) => { state.set('s1', n.deep); }",
    ]);
    if (this.#chance(0.15)) {
      const counts = {
        watches: { $: "[ctx.state.get('n', 0)]" },
        run: "([n], { state }) => state.set('n', n + 1)",
      };
      this.#nodes[key] = { kind: "effect", ...base, ...counts } as TestNode;
      return;
    }
    const cleanup = this.#chance(0.4) ? { cleanup: "(deps, { state }) => state.set('s3', deps)" } : {};
    this.#nodes[key] = { kind: "effect", ...base, watches: { $: deps }, run, ...cleanup } as TestNode;
  }

  /** What a task writes when it has ended. */
  #handlers(): { [field: string]: unknown } {
    const onFinished = this.#one([
      "(row, { state }) => state.set('s0', row.v)",
      "(row, { state, vol }) => { state.update('s0', (n) => (n ?? 0) + row.v); vol.set('v0', row.v); }",
      "(row, { state }) => { state.set('s1', ctx.iteration); state.set('s2', state.get('s0', 0) + 1); }",
      `(row, { state }) => { state.set('s0', 9); state.set('s1', ${this.#read()}); }`,
      "(row, { state }) => { if (row.v > 3) { state.delete('s0'); } }",
    ]);
    return {
      onFinished,
      ...(this.#chance(0.4) ? { onError: "(error, { state }) => state.set('s1', error.code)" } : {}),
    };
  }

  #leaf(key: string, base: { [field: string]: unknown }, item: boolean): void {
    if (this.#chance(0.1)) {
      this.#effect(key, base);
      return;
    }
    if (this.#chance(0.05)) {
      const end = { kind: "end", status: this.#one(["finished", "failed"]), summary: { $: this.#read() } };
      const node = this.#chance(0.6) ? { kind: "stop", reason: "look at it" } : end;
      this.#nodes[key] = {
        ...node,
        ...base,
        ...(this.#chance(0.3) && { skipIf: this.#condition() }),
      } as TestNode;
      return;
    }
    const id = item ? undefined : this.#unused.shift();
    const fields: { [field: string]: unknown } = { kind: "task", output: "row", ...base };
    if (id !== undefined) fields.id = id;
    else if (item && this.#chance(0.4)) fields.id = { $: `\`${key}-\${i}-\${ctx.iteration}\`` };
    if (this.#chance(0.15)) fields.skipIf = this.#condition();
    if (this.#chance(0.15)) fields.dependsOn = [this.#one(this.#ids)];
    if (this.#chance(0.1)) fields.priority = this.#chance(0.5) ? 2 : { $: `${this.#read()} ?? 1` };
    if (this.#chance(0.1)) fields.deps = { [this.#one(this.#ids)]: "row" };
    if (this.#chance(0.3)) fields.continueOnFail = true;
    if (this.#chance(0.4)) Object.assign(fields, this.#handlers());
    fields.payload = { $: `({ v: ${this.#chance(0.5) ? "1" : this.#read()} ?? 0 })` };
    this.#nodes[key] = fields as TestNode;
  }

  #read(): string {
    const id = this.#one(this.#ids);
    const read = `ctx.outputMaybe('row', { nodeId: '${id}' })`;
    return this.#one([
      `${read}?.v`,
      `${read}?.v`,
      `ctx.latest('row', '${id}')?.v`,
      `ctx.output('row', { nodeId: '${id}' }).v`,
      `ctx.iterationCount('row', '${id}')`,
      `ctx.outputMaybe('row', { nodeId: '${id}', iteration: 1 })?.v`,
      "ctx.state.get('s0')",
      "ctx.vol.get('v0', 1)",
    ]);
  }

  #condition(): string {
    return this.#one([
      `(${this.#read()} ?? 0) > 1`,
      `(${this.#read()} ?? 3) < 3`,
      "hot",
      "!hot",
      "first !== undefined",
      "ctx.outputs.row.length > 2",
      "ctx.outputs.row.length < 5",
      "ctx.iteration < 1",
      "ctx.state.get('s0', 0) > 1",
      "ctx.state.get('s1') === undefined",
      "ctx.state.keys().length < 2",
      "Object.keys(ctx.iterations).length > 0",
      `ctx.outputMaybe('row', { nodeId: '${this.#one(this.#ids)}' }).v > 0`,
    ]);
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound);
  }

  #chance(probability: number): boolean {
    return this.#random() < probability;
  }

  #one<T>(choices: readonly T[]): T {
    return choices[this.#below(choices.length)] as T;
  }
}
