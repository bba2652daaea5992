/** `ctx` for the plan side: rows and input as Core sees them. */
import { HostObject, Pending, type Reader, type Value } from "../../plan/core/values.ts";
import { memoryFiles } from "../../runtime/files.ts";
import { FileReads, ProjectFiles } from "../../runtime/values/files.ts";
import type { Store } from "./direct.ts";
import { FILES } from "./machine.ts";

class Callable extends HostObject {
  readonly #members: (key: string) => Value;
  readonly #call: ((args: readonly Value[]) => Value) | undefined;
  constructor(members: (key: string) => Value, run?: (args: readonly Value[]) => Value) {
    super();
    this.#members = members;
    this.#call = run;
    if (run) this.call = (args) => run(args);
  }
  override call?: (args: readonly Value[], reader: Reader) => Value;
  get(key: string): Value {
    return this.#members(key);
  }
  /** Whether it can be called. */
  get callable(): boolean {
    return this.#call !== undefined;
  }
}

function freeze<T>(value: T): T {
  if (typeof value === "object" && value !== null) {
    for (const member of Object.values(value)) freeze(member);
    Object.freeze(value);
  }
  return value;
}

export function contextOf(input: unknown, store: Store): HostObject {
  const frozen = freeze(structuredClone(input));
  const rows = freeze(structuredClone(store)) as Store;
  const of = (table: unknown, nodeId: unknown) =>
    (rows[String(table)] ?? []).filter((row) => row.nodeId === nodeId);
  const stripped = new Map<object, Value>();
  const fields = (row: Record<string, unknown> | undefined): Value => {
    if (!row) return undefined;
    const known = stripped.get(row);
    if (known) return known;
    const { nodeId: _, iteration: __, ...others } = row;
    const made = Object.freeze(others);
    stripped.set(row, made);
    return made;
  };
  const idOf = (at: unknown): unknown => (at as { nodeId?: unknown } | undefined)?.nodeId;
  const outputs = new Callable(
    (key) => rows[key],
    ([table]) => rows[String(table)] ?? Object.freeze([]),
  );
  const members: Record<string, Value> = {
    input: frozen,
    outputs,
    runId: "run-1",
    iteration: 0,
    iterations: Object.freeze({}),
    fs: new FileReads(new ProjectFiles(memoryFiles(FILES))),
    now: method(() => 1_700_000_000_000),
    outputMaybe: method(([table, at]) => fields(of(table, idOf(at))[0])),
    output: method(([table, at]) => {
      const [row] = of(table, idOf(at));
      if (!row) throw new Pending(`outputs.${String(table)}@${String(idOf(at))}`);
      return fields(row);
    }),
    latest: method(([table, nodeId]) => fields(of(table, nodeId).at(-1))),
    latestArray: method(([value]) =>
      Array.isArray(value) ? value : Object.freeze(value === undefined || value === null ? [] : [value]),
    ),
    iterationCount: method(([table, nodeId]) => of(table, nodeId).length),
  };
  return new Callable((key) => members[key]);
}

const method = (run: (args: readonly Value[]) => Value): HostObject => new Callable(() => undefined, run);
