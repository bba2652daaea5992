/** What changed in the nodes: which came, went, moved, and which of their parts differ. */
import { PARTS, type Part, partForm } from "../digest/nodes.ts";
import { isAddressed } from "../fields.ts";
import { workOf } from "../render/words.ts";
import { isScopeOnly } from "../tree.ts";
import type { Change } from "./change.ts";
import { matchedAncestor } from "./match.ts";
import { movedItems } from "./order.ts";
import { PART_REASONS, reasonOf } from "./reasons.ts";
import { affectedByEach, type Context, type Side } from "./side.ts";
import { partTextOf } from "./texts.ts";

/** In the order of the new document; what was removed stands where it stood. */
export function nodeChanges(context: Context): Change[] {
  const { before, after, matches } = context;
  const moved = movedNodes(context);
  const removedAfter = removedNodes(context);
  const changes: Change[] = [...(removedAfter.get("") ?? [])];
  for (const key of Object.keys(after.plan.nodes)) {
    const old = matches.oldOf.get(key);
    const node = after.node(key);
    if (!isScopeOnly(node)) {
      if (old === undefined) changes.push(added(after, key));
      else {
        if (isScopeOnly(before.node(old))) changes.push(added(after, key));
        const note = moved.get(key);
        if (note !== undefined) changes.push({ ...blank(context, key, old), code: "node-moved", note });
        changes.push(...addressChanges(context, key, old), ...partChanges(context, key, old));
      }
    }
    changes.push(...(removedAfter.get(key) ?? []));
  }
  return changes;
}

function blank({ before, after }: Context, key: string, old: string): Omit<Change, "code"> {
  return {
    node: key,
    name: after.name(key),
    part: null,
    before: null,
    after: null,
    note: null,
    from: before.placeOf(old, null),
    to: after.placeOf(key, null),
    affects: [],
  };
}

function added(side: Side, key: string): Change {
  return { ...alone(side, key), code: "node-added", to: side.placeOf(key, null) };
}

function alone(side: Side, key: string): Omit<Change, "code"> {
  const node = side.node(key);
  const work = workOf(node);
  const inside = side.workBelow(key).map((below) => side.name(below));
  const shown = inside.length > 6 ? [...inside.slice(0, 5), `${inside.length - 5} more`] : inside;
  const note =
    work !== ""
      ? `${node.kind}, ${work}`
      : `${node.kind}${shown.length > 0 ? ` around ${shown.join(", ")}` : ""}`;
  return {
    node: key,
    name: side.name(key),
    part: null,
    before: null,
    after: null,
    note,
    from: null,
    to: null,
    affects: [],
  };
}

/** By the new key of the node they stood behind; "" for those behind none. */
function removedNodes({ before, matches }: Context): ReadonlyMap<string, Change[]> {
  const removed = new Map<string, Change[]>();
  let behind = "";
  for (const key of Object.keys(before.plan.nodes)) {
    const now = matches.newOf.get(key);
    if (now !== undefined) behind = now;
    else if (!isScopeOnly(before.node(key))) {
      const list = removed.get(behind) ?? [];
      list.push({ ...alone(before, key), code: "node-removed", from: before.placeOf(key, null) });
      removed.set(behind, list);
    }
  }
  return removed;
}

/** Nodes under another node than before, or elsewhere among the same siblings. Containers that came or went between do not count. */
function movedNodes({ before, after, matches }: Context): ReadonlyMap<string, string> {
  const moved = new Map<string, string>();
  const oldSiblings = new Map<string, string[]>();
  const newSiblings = new Map<string, string[]>();
  const push = (map: Map<string, string[]>, parent: string, key: string): void => {
    const list = map.get(parent);
    if (list) list.push(key);
    else map.set(parent, [key]);
  };
  const oldParents = new Map<string, string>();
  for (const key of Object.keys(before.plan.nodes)) {
    const now = matches.newOf.get(key);
    const parent = matchedAncestor(before.plan, key, matches.newOf);
    if (now === undefined || parent === undefined || isScopeOnly(before.node(key))) continue;
    oldParents.set(now, matches.newOf.get(parent)!);
    push(oldSiblings, matches.newOf.get(parent)!, now);
  }
  for (const key of Object.keys(after.plan.nodes)) {
    const parent = matchedAncestor(after.plan, key, matches.oldOf);
    if (!oldParents.has(key) || parent === undefined) continue;
    if (oldParents.get(key) === parent) push(newSiblings, parent, key);
    else moved.set(key, `from ${after.name(oldParents.get(key)!)} to ${after.name(parent)}`);
  }
  for (const [parent, siblings] of newSiblings) {
    const stay = new Set(siblings);
    const out = movedItems(
      (oldSiblings.get(parent) ?? []).filter((key) => stay.has(key)),
      siblings,
    );
    for (const key of out) {
      const previous = siblings[siblings.indexOf(key) - 1];
      moved.set(
        key,
        previous === undefined ? `to the front of ${after.name(parent)}` : `behind ${after.name(previous)}`,
      );
    }
  }
  return moved;
}

/** Changes of a node's address beside those of its id, which is a part. */
function addressChanges(context: Context, key: string, old: string): Change[] {
  const { before, after, matches } = context;
  const changes: Change[] = [];
  const node = after.node(key);
  if (node.id === undefined && before.node(old).id === undefined && isAddressed(node.kind) && key !== old)
    changes.push({ ...blank(context, key, old), code: "id-changed", before: old, after: key });
  const oldScope = scopeOf(before, old);
  const newScope = scopeOf(after, key);
  if (oldScope.map((at) => matches.newOf.get(at) ?? "").join("\0") !== newScope.join("\0"))
    changes.push({
      ...blank(context, key, old),
      code: "scope-changed",
      before: oldScope.map((at) => scopeText(before, at)).join(" > ") || "no loop or list",
      after: newScope.map((at) => scopeText(after, at)).join(" > ") || "no loop or list",
    });
  return changes;
}

/** Loops and eaches around a node, outermost first. */
function scopeOf(side: Side, key: string): string[] {
  const scope: string[] = [];
  for (let at = side.node(key).parent; at !== undefined; at = side.node(at).parent) {
    const node = side.node(at);
    if (node.kind === "loop" || node.each) scope.unshift(at);
  }
  return scope;
}

function scopeText(side: Side, key: string): string {
  const node = side.node(key);
  return node.kind === "loop" ? `loop ${side.name(key)}` : `each ${node.each?.as ?? ""} of ${side.name(key)}`;
}

function partChanges(context: Context, key: string, old: string): Change[] {
  const { before, after, definitions } = context;
  const changes: Change[] = [];
  for (const part of PARTS) {
    if (partForm(after.forms, key, part) === partForm(before.forms, old, part)) continue;
    if (!definitions.differsItself(key, old, part)) continue;
    changes.push({
      ...blank(context, key, old),
      code: reasonOf(part, after.node(key).kind),
      part: partName(part),
      before: partTextOf(before.node(old), part),
      after: partTextOf(after.node(key), part),
      from: before.placeOf(old, part),
      to: after.placeOf(key, part),
      affects: part === "each.of" ? affectedByEach(after, key) : [],
    });
  }
  return changes;
}

/** Null where the reason already names the part. */
function partName(part: Part): string | null {
  switch (PART_REASONS[part]) {
    case "policy-changed":
    case "loop-changed":
    case "dependency-changed":
    case "approval-changed":
    case "label-changed":
    case "place-changed":
    case "wait-changed":
    case "end-changed":
    case "recovery-changed":
    case "handler-changed":
    case "budget-changed":
      return part;
    case "condition-changed":
      return part === "if" ? null : part;
    default:
      return null;
  }
}
