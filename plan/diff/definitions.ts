/**
 * Which named things changed themselves, and which only because of what they name. A definition is what
 * plan/digest/definitions.ts forms: a function, constant, prompt, schema, module, agent, named value, a node's identity.
 */

import { collecting, type DefinitionKey, type Forms, type Pass } from "../digest/definitions.ts";
import { PARTS, type Part, partForm } from "../digest/nodes.ts";
import { combine } from "../digest/walk.ts";
import type { Matches } from "./match.ts";

export class Definitions {
  readonly before: Forms;
  readonly after: Forms;
  private readonly newOf: ReadonlyMap<string, string>;
  private readonly oldKeys: ReadonlyMap<DefinitionKey, DefinitionKey>;
  private readonly shallowBefore: Pass;
  private readonly shallowAfter: Pass;
  private users: ReadonlyMap<DefinitionKey, readonly User[]> | null = null;

  constructor(before: Forms, after: Forms, matches: Matches) {
    this.before = before;
    this.after = after;
    this.newOf = matches.newOf;
    const oldKeys = new Map<DefinitionKey, DefinitionKey>();
    for (const key of before.keys()) {
      const now = this.newKey(key);
      if (now !== null && after.has(now)) oldKeys.set(now, key);
    }
    this.oldKeys = oldKeys;
    // A reference counts as the thing it names where that is the same thing on both sides, else as its meaning.
    const differing = new Map<DefinitionKey, string>();
    for (const [now, old] of oldKeys)
      if (after.form(now) !== before.form(old)) differing.set(now, combine("thing", [JSON.stringify(now)]));
    this.shallowAfter = { combine, ref: (key) => differing.get(key) ?? after.form(key) };
    this.shallowBefore = {
      combine,
      ref: (key) => differing.get(this.newKey(key) ?? "") ?? before.form(key),
    };
  }

  /** Definitions of both plans whose own text differs, by the key each has in the new plan and in the old one. */
  *changed(): Iterable<{ readonly now: DefinitionKey; readonly old: DefinitionKey }> {
    for (const [now, old] of this.oldKeys) {
      if (this.after.form(now) === this.before.form(old)) continue;
      if (this.after.formOf(now, this.shallowAfter) !== this.before.formOf(old, this.shallowBefore))
        yield { now, old };
    }
  }

  /** Whether a part of a node differs in its own text, not only in what it names. */
  differsItself(now: string, old: string, part: Part): boolean {
    return (
      partForm(this.after, now, part, this.shallowAfter) !==
      partForm(this.before, old, part, this.shallowBefore)
    );
  }

  /** Parts of nodes of the new plan that use a definition, directly or through others. */
  usersOf(key: DefinitionKey): readonly PartUser[] {
    this.users ??= this.findUsers();
    const found = new Map<string, PartUser>();
    const seen = new Set<DefinitionKey>();
    const queue: DefinitionKey[] = [key];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      for (const user of this.users.get(next) ?? []) {
        if (user.part === null) queue.push(user.definition);
        else found.set(`${user.node}\0${user.part}`, user);
      }
    }
    return [...found.values()];
  }

  private newKey(key: DefinitionKey): DefinitionKey | null {
    const [, kind, node, rest] = /^(value|identity):([^\0]*)(\0.*)?$/s.exec(key) ?? [];
    if (kind === undefined) return key;
    const now = this.newOf.get(node!);
    return now === undefined ? null : `${kind}:${now}${rest ?? ""}`;
  }

  private findUsers(): ReadonlyMap<DefinitionKey, readonly User[]> {
    const users = new Map<DefinitionKey, User[]>();
    const add = (to: DefinitionKey, user: User): void => {
      const list = users.get(to);
      if (list) list.push(user);
      else users.set(to, [user]);
    };
    for (const definition of this.after.keys())
      for (const to of this.after.referencesOf(definition)) add(to, { part: null, definition });
    for (const node of Object.keys(this.after.plan.nodes))
      for (const part of PARTS) {
        const found = new Set<DefinitionKey>();
        partForm(this.after, node, part, collecting(found, this.after));
        for (const to of found) add(to, { part, node });
      }
    return users;
  }
}

export interface PartUser {
  readonly part: Part;
  readonly node: string;
}

/** A part of a node, or another definition, that refers to a definition. */
type User = PartUser | { readonly part: null; readonly definition: DefinitionKey };
