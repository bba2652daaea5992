/** The calls of one conversation: what ran once is not run again, what people have to agree to waits for them. */
import { createHash } from "node:crypto";
import type { Json } from "../../plan/types.ts";
import type { Session } from "../agents/session.ts";
import type { AttemptContext, ToolQuestion } from "../executors/executor.ts";
import { untraced } from "../telemetry/calls.ts";
import { stableText } from "../values/json.ts";
import { bounded } from "./cut.ts";
import type { Tool } from "./registry.ts";
import { masked } from "./secrets.ts";

/** One call as the model made it. */
export interface Use {
  readonly id: string;
  readonly name: string;
  readonly input: Json;
}

export interface Told {
  readonly ok: boolean;
  readonly output: Json;
}

export type Settled =
  /** What the model is told of each call, in their order. */
  | { readonly type: "told"; readonly told: readonly Told[] }
  | { readonly type: "asks"; readonly question: ToolQuestion }
  /** The attempt was ended meanwhile. */
  | { readonly type: "aborted" };

type Fate =
  | { readonly type: "told"; readonly told: Told }
  | { readonly type: "asks"; readonly question: ToolQuestion }
  | { readonly type: "run"; readonly tool: Tool };

export class ToolCalls {
  /** Calls that ended in this attempt. */
  count = 0;
  readonly #tools: ReadonlyMap<string, Tool>;
  readonly #session: Session;
  readonly #context: AttemptContext;
  readonly #env: { readonly [name: string]: string | undefined };
  /** How often each call was made in this conversation. */
  readonly #made = new Map<string, number>();

  constructor(
    tools: readonly Tool[],
    session: Session,
    context: AttemptContext,
    env: { readonly [name: string]: string | undefined } = process.env,
  ) {
    this.#tools = new Map(tools.map((tool) => [tool.name, tool]));
    this.#session = session;
    this.#context = context;
    this.#env = env;
  }

  /**
   * Settles the calls of one turn, those of earlier turns too, in the order of the conversation. They run one after another;
   * such as change nothing run together with their neighbours of this kind.
   */
  async settle(uses: readonly Use[]): Promise<Settled> {
    const { signal } = this.#context;
    const told = new Map<Use, Told>();
    let question: ToolQuestion | null = null;
    let together: Promise<void>[] = [];
    for (const use of uses) {
      const key = this.#keyOf(use);
      const fate = this.#fateOf(use);
      if (fate.type === "asks") {
        question ??= fate.question;
        continue;
      }
      if (fate.type === "told") {
        if (this.#session.call(use.id)?.state !== "finished") await this.#end(use, fate.told, 0);
        told.set(use, fate.told);
        continue;
      }
      const work = this.#run(use, fate.tool, key).then((result) => {
        if (result) told.set(use, result);
      });
      if (fate.tool.afterCrash === "repeat") together.push(work);
      else {
        await Promise.all([...together, work]);
        together = [];
      }
      if (signal.aborted) break;
    }
    await Promise.all(together);
    if (signal.aborted) return { type: "aborted" };
    if (question) return { type: "asks", question };
    return { type: "told", told: uses.map((use) => told.get(use) as Told) };
  }

  #fateOf({ id, name, input }: Use): Fate {
    const known = this.#session.call(id);
    if (known?.state === "finished") return { type: "told", told: { ok: known.ok, output: known.output } };
    const tool = this.#tools.get(name);
    if (!tool) return refused(`There is no tool named ${name}`);
    const ask = (again: boolean): Fate => ({
      type: "asks",
      question: { tool: name, call: id, input, again },
    });
    switch (known?.state) {
      case undefined:
        return tool.approval === "always" ? ask(false) : { type: "run", tool };
      case "decided":
        if (known.approved) return { type: "run", tool };
        return refused(`Denied by ${known.by}${known.note ? `: ${known.note}` : ""}. It was not run.`);
      case "started":
        switch (tool.afterCrash ?? "tell") {
          case "repeat":
            return { type: "run", tool };
          case "ask":
            return ask(true);
          case "tell":
            return refused(
              "The process that ran it ended before it did: nobody knows whether it was done. Look before you do it again.",
            );
        }
    }
  }

  /** Null where the attempt was ended meanwhile: then nobody knows what became of it. */
  async #run(use: Use, tool: Tool, idempotencyKey: string): Promise<Told | null> {
    const { cwd, signal, trace } = this.#context;
    const { id, name, input } = use;
    await this.#session.started({ id, name, input });
    if (signal.aborted) return null;
    const began = performance.now();
    const told = await (trace ?? untraced)
      .tool(use, () => tool.execute({ id, input, cwd, signal, context: this.#context, idempotencyKey }))
      .then(
        (output): Told => ({ ok: true, output }),
        (error: unknown): Told => ({
          ok: false,
          output: error instanceof Error ? error.message : String(error),
        }),
      );
    if (signal.aborted) return null;
    const said = { ok: told.ok, output: bounded(masked(told.output, this.#env)) };
    await this.#end(use, said, Math.round(performance.now() - began));
    return said;
  }

  async #end({ id, name }: Use, { ok, output }: Told, durationMs: number): Promise<void> {
    this.count++;
    await this.#session.finished({ id, name, ok, durationMs, output });
  }

  /** The same for the n-th equal call of a task in whatever attempt. */
  #keyOf({ name, input }: Use): string {
    const call = stableText([name, input]);
    const made = this.#made.get(call) ?? 0;
    this.#made.set(call, made + 1);
    const { runId, address } = this.#context;
    const { nodeId, scope, iteration } = address;
    return createHash("sha256")
      .update(JSON.stringify([runId, nodeId, scope, iteration, call, made]))
      .digest("hex");
  }
}

const refused = (output: string): Fate => ({ type: "told", told: { ok: false, output } });
