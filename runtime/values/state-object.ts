/** `ctx.state` and `ctx.vol` as Core sees them: reads for everybody, writes for handlers alone (SEMANTICS 2, 3). */
import { Closure, isCallable } from "../../plan/core/index.ts";
import { CoreError, HostObject, type Reader, type Value } from "../../plan/core/values.ts";
import { Cell } from "./cell.ts";
import { toJson } from "./json.ts";
import { HandlerCell, type StateCells, type StateWrite, type StoreName } from "./state.ts";

/** Told that something else than a handler wants to write: the frame is refused. */
export type Refuse = (message: string) => void;

export class StateObject extends HostObject {
  readonly #name: StoreName;
  readonly #cells: StateCells;
  readonly #refuse: Refuse;

  constructor(name: StoreName, cells: StateCells, refuse: Refuse) {
    super();
    this.#name = name;
    this.#cells = cells;
    this.#refuse = refuse;
  }

  override get(member: string, reader: Reader): Value {
    const cells = this.#cells;
    switch (member) {
      case "get":
        return new Method(([key, fallback], by) => {
          const value = cells.get(this.#key("get", key), by);
          return value === undefined ? fallback : value;
        });
      case "has":
        return new Method(([key], by) => cells.get(this.#key("has", key), by) !== undefined);
      case "keys":
        return new Method((_, by) => cells.keys(by));
      case "version":
        return reader instanceof Cell ? cells.version(reader) : undefined;
      case "set":
      case "init":
        return new Method(([key, value], by) => this.#set(member, key, value, by));
      case "delete":
        return new Method(([key], by) =>
          this.#queue(by, { op: "delete", store: this.#name, key: this.#key("delete", key) }),
        );
      case "update":
        return new Method(([key, update], by) => this.#update(key, update, by));
      default:
        return undefined;
    }
  }

  #set(op: "set" | "init", key: Value, given: Value, by: Cell): undefined {
    const name = this.#key(op, key);
    const value = toJson(given, `${this.#name}.${op}(${JSON.stringify(name)})`);
    if (value !== null) this.#queue(by, { op, store: this.#name, key: name, value });
    else if (op === "set") this.#queue(by, { op: "delete", store: this.#name, key: name });
    else this.#queue(by, { op, store: this.#name, key: name, value });
  }

  #update(key: Value, update: Value, by: Cell): undefined {
    const name = this.#key("update", key);
    if (!isCallable(update) || !(update instanceof Closure))
      throw new CoreError("FORBIDDEN", `${this.#name}.update(${JSON.stringify(name)}) takes a function`);
    this.#queue(by, { op: "update", store: this.#name, key: name, update });
  }

  #queue(by: Cell, write: StateWrite): undefined {
    if (by instanceof HandlerCell && by.queue) {
      by.queue.push(write);
      return undefined;
    }
    const call = `${this.#name}.${write.op}(${JSON.stringify(write.key)})`;
    if (by instanceof HandlerCell) throw new CoreError("FORBIDDEN", `${call} in an update function`);
    const message = `${by.label}: ${call} writes while a frame is evaluated; only handlers and effects write`;
    this.#refuse(message);
    throw new CoreError("FORBIDDEN", message);
  }

  /** A key is a text that every store can hold. */
  #key(method: string, key: Value): string {
    if (typeof key === "string" && key !== "" && !/\0|\p{Surrogate}/u.test(key)) return key;
    const given = typeof key === "string" ? JSON.stringify(key) : `a ${typeof key}`;
    throw new CoreError("FORBIDDEN", `${this.#name}.${method} takes a key that is a text, not ${given}`);
  }
}

class Method extends HostObject {
  readonly #call: (args: readonly Value[], reader: Cell) => Value;

  constructor(call: (args: readonly Value[], reader: Cell) => Value) {
    super();
    this.#call = call;
  }

  override get(): Value {
    return undefined;
  }

  override call(args: readonly Value[], reader: Reader): Value {
    if (!(reader instanceof Cell)) throw new Error("state was used outside an evaluation of the runtime");
    return this.#call(args, reader);
  }
}
