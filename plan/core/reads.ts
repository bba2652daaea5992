import type { Expr, Member, Node } from "./ast.ts";
import { hostCall } from "./host.ts";
import { RESERVED_NAMES } from "./intrinsics/names.ts";
import { freeNamesBeside, isLocal, type Scope, walkScoped } from "./scope.ts";

/** The free names that an Env has to resolve: locals and intrinsics left out; sorted. */
export function freeNames(expr: Expr): string[] {
  return freeNamesBeside(expr, RESERVED_NAMES);
}

/** Gives the expression behind a free name (`prompt:NAME` for a prompt's template), or undefined where it has none of its own. */
export type Resolve = (name: string) => Expr | undefined;

/**
 * The cells that an expression can read, sorted. What only evaluation can know widens:
 *
 * | source | cell |
 * |---|---|
 * | `ctx.input.goal`, `ctx.input[k]`, `ctx.input` | `input.goal`, `input.*`, `input` |
 * | `ctx.output('review', { nodeId: 'validate' })`, and outputMaybe, latest, iterationCount | `outputs.review@validate` |
 * | the same with nodeId `` `work-${i}` `` or unknown | `outputs.review@work-{}`, `outputs.review@{}` |
 * | `ctx.outputs.review`, `ctx.outputs('review')` | `outputs.review` |
 * | a table that is not written out | `outputs.*` |
 * | `ctx.failure('guarded')` | `failure@guarded` |
 * | `ctx.within('fixing').iteration` | `iterations` |
 * | `ctx.iteration`, `ctx.iterations`, `ctx.runId`, `ctx.now()` | `iteration`, `iterations`, `runId`, `now` |
 * | `ctx.state.get('phase')`, `ctx.vol.has('phase')`, `ctx.vol.version` | `state.phase`, `vol.phase`, `vol.version` |
 * | ``ctx.state.get(`work-${i}`)``, `ctx.state.keys()` | `state.work-{}`, `state.*` |
 * | `ctx.other`, `ctx.other.key` (what comes) | `other`, `other.key`, `other.*` |
 * | `host('env.HOME')` | `host.env.HOME` |
 * | `deps.plan` | `deps.plan` |
 * | `ctx` or `deps` otherwise used | `ctx`, `deps` |
 * | a free name that `resolve` does not know | `name:NAME` |
 */
export function readsOf(expr: Expr, resolve: Resolve = () => undefined): string[] {
  const cells = new Set<string>();
  const seen = new Set<string>();
  const follow = (name: string): boolean => {
    if (seen.has(name)) {
      return true;
    }
    const behind = resolve(name);
    if (behind !== undefined) {
      seen.add(name);
      collect(behind);
    }
    return behind !== undefined;
  };
  const collect = (root: Expr): void => {
    // parts of a host read that are accounted for with the whole of it
    const consumed = new Set<Node>();
    walkScoped(root, (node, scope) => {
      if (consumed.has(node)) {
        return node.type !== "Call";
      }
      const write = stateCall(node, scope);
      if (write !== undefined && STATE_WRITES.has(write.method)) {
        consumed.add(write.callee);
        return false;
      }
      const cell = hostCell(node, scope);
      if (cell !== undefined) {
        cells.add(cell);
        if (node.type === "Call") {
          consumed.add(node.callee);
        } else if (node.type === "Member") {
          consumed.add(node.object);
        }
        return false;
      }
      if (node.type === "Call" && node.callee.type === "Name" && node.callee.name === "prompt") {
        const [id] = node.args;
        if (id?.type === "Literal" && typeof id.value === "string") {
          follow(`prompt:${id.value}`);
        }
      }
      if (node.type === "Name" && !RESERVED_NAMES.has(node.name) && !isLocal(scope, node.name)) {
        if (!follow(node.name)) {
          cells.add(`name:${node.name}`);
        }
      }
      return contextMember(node, scope);
    });
  };
  collect(expr);
  return [...cells].sort();
}

/** `ctx.x` or `ctx?.x` with a free `ctx`. */
function contextMember(node: Node, scope: Scope | null): node is Member & { property: string } {
  return (
    node.type === "Member" &&
    typeof node.property === "string" &&
    isContext(node.object) &&
    !isLocal(scope, "ctx")
  );
}

/** `ctx`, or as it is seen in a loop: `ctx.within('fixing')`. */
export function isContext(node: Node): boolean {
  if (node.type === "Name") {
    return node.name === "ctx";
  }
  return (
    node.type === "Call" &&
    node.callee.type === "Member" &&
    node.callee.property === "within" &&
    isContext(node.callee.object)
  );
}

/** What only a handler may call on `ctx.state` and `ctx.vol`. */
export const STATE_WRITES: ReadonlySet<string> = new Set(["set", "init", "update", "delete"]);

interface StateCall {
  readonly store: "state" | "vol";
  readonly method: string;
  readonly callee: Member;
  readonly key: Argument;
}

/** `ctx.state.get(…)` and its like, with a free `ctx`. */
export function stateCall(node: Node, scope: Scope | null): StateCall | undefined {
  if (node.type !== "Call" || node.callee.type !== "Member") return undefined;
  const { callee } = node;
  const { object, property } = callee;
  if (typeof property !== "string" || !contextMember(object, scope)) return undefined;
  const store: string = object.property;
  return store === "state" || store === "vol"
    ? { store, method: property, callee, key: node.args[0] }
    : undefined;
}

function stateCell({ store, method, key }: StateCall): string {
  const isKeyed = method === "get" || method === "has";
  const name = isKeyed && key !== undefined && key.type !== "Spread" ? pattern(key) : "{}";
  return `${store}.${name === "{}" ? "*" : name}`;
}

const ADDRESSED: ReadonlySet<string> = new Set(["output", "outputMaybe", "latest", "iterationCount"]);

/** Names that are followed by the member they give; alone they mean the whole. */
function hostCell(node: Node, scope: Scope | null): string | undefined {
  if (node.type === "Name") {
    return (node.name === "ctx" || node.name === "deps") && !isLocal(scope, node.name)
      ? node.name
      : undefined;
  }
  const host = hostCall(node, scope);
  if (host !== undefined) {
    return `host.${host}`;
  }
  const state = stateCall(node, scope);
  if (state !== undefined) {
    return stateCell(state);
  }
  if (node.type === "Call" && contextMember(node.callee, scope)) {
    const method = node.callee.property;
    const [table, address] = node.args;
    if (ADDRESSED.has(method)) {
      return `${tableCell(table)}${addressSuffix(table, address)}`;
    }
    if (method === "outputs") {
      return tableCell(table);
    }
    if (method === "failure") {
      return `failure@${table === undefined || table.type === "Spread" ? "{}" : pattern(table)}`;
    }
    // Handed on as a whole.
    return method === "within" ? "ctx" : undefined;
  }
  if (node.type !== "Member") {
    return undefined;
  }
  const { object, property } = node;
  if (contextMember(node, scope)) {
    if (node.property === "latestArray" || node.property === "within") {
      return undefined;
    }
    if (node.property === "iteration" && node.object.type === "Call") {
      return "iterations";
    }
    return node.property === "outputs" ? "outputs.*" : node.property;
  }
  if (contextMember(object, scope)) {
    return `${object.property}.${typeof property === "string" ? property : "*"}`;
  }
  if (object.type === "Name" && object.name === "deps" && !isLocal(scope, "deps")) {
    return typeof property === "string" ? `deps.${property}` : "deps";
  }
  return undefined;
}

type Argument = Extract<Node, { type: "Call" }>["args"][number] | undefined;

function tableCell(table: Argument): string {
  return table?.type === "Literal" && typeof table.value === "string"
    ? `outputs.${table.value}`
    : "outputs.*";
}

function addressSuffix(table: Argument, address: Argument): string {
  if (tableCell(table) === "outputs.*") {
    return "";
  }
  if (address?.type === "Object") {
    const nodeId = address.props.findLast(
      (prop) => prop.type === "Spread" || typeof prop.key !== "string" || prop.key === "nodeId",
    );
    return `@${nodeId?.type === "Property" && nodeId.key === "nodeId" ? pattern(nodeId.value) : "{}"}`;
  }
  return `@${address === undefined || address.type === "Spread" ? "{}" : pattern(address)}`;
}

/** A text with `{}` for what is not written out. */
function pattern(expr: Expr): string {
  if (expr.type === "Literal" && expr.value !== null) {
    return String(expr.value);
  }
  if (expr.type === "Template") {
    return expr.quasis.join("{}");
  }
  return "{}";
}
