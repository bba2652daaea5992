/** What changed in the plan's entries: values, constants, functions, prompts, agents, modules, schemas, each with the nodes it reaches. */
import { coreText } from "../fields.ts";
import { childPath } from "../path.ts";
import type { Place } from "../spans.ts";
import type { Agent, Constant, Json } from "../types.ts";
import type { Affected, Change } from "./change.ts";
import { REASONS, type ReasonCode } from "./reasons.ts";
import { schemaChanges } from "./schemas.ts";
import { affectedBy, type Context, type Side } from "./side.ts";
import { jsonText, templateText } from "./texts.ts";

interface Difference {
  readonly code: ReasonCode;
  readonly part: string | null;
  readonly before: string | null;
  readonly after: string | null;
}

/** An entry of a plan, found by its definition key. */
interface Entry {
  readonly kind: Affected["through"];
  readonly name: string;
  readonly path: string;
  readonly node: string | null;
}

/** Entries that changed themselves and that something uses; one that changed through another is named by that other one. */
export function entryChanges(context: Context): Change[] {
  const { before, after, definitions } = context;
  const changes: Change[] = [];
  for (const { now, old } of definitions.changed()) {
    const entry = entryOf(now);
    const oldEntry = entryOf(old);
    if (!entry || !oldEntry) continue;
    const isInput = entry.kind === "schema" && after.plan.input?.schema === entry.name;
    const affects = affectedBy(after, definitions.usersOf(now), entry.kind);
    if (affects.length === 0 && !isInput) continue;
    for (const { code, ...difference } of differences(context, oldEntry, entry))
      changes.push({
        code: isInput ? "input-changed" : code,
        node: entry.node,
        name: entry.name,
        ...difference,
        note: null,
        from: placeOf(before, oldEntry, []),
        to: placeOf(after, entry, affects),
        affects,
      });
  }
  return changes;
}

/** Code of a task stands where the task does, and a prompt file is a place of its own. */
function placeOf(side: Side, { kind, name, path, node }: Entry, affects: readonly Affected[]): Place | null {
  const found = side.place(path, ...(node === null ? [] : [`nodes.${node}`]));
  if (found) return found;
  const [user] = affects;
  if (kind === "module" && user) return side.placeOf(user.node, user.part);
  return kind === "prompt" ? { path: side.plan.prompts[name]!.source, line: 1, column: 1 } : null;
}

function entryOf(definition: string): Entry | null {
  const colon = definition.indexOf(":");
  const kind = definition.slice(0, colon);
  const rest = definition.slice(colon + 1);
  switch (kind) {
    case "value": {
      const [node, name] = rest.split("\0") as [string, string];
      return { kind, name, path: childPath(`nodes.${node}.values`, name), node };
    }
    case "constant":
    case "function":
    case "prompt":
    case "agent":
    case "module":
    case "schema":
      return { kind, name: rest, path: `${kind}s.${rest}`, node: null };
    case "subflow":
      return { kind, name: rest, path: childPath("subflows", rest), node: null };
    default:
      // Identities of nodes are parts of nodes.
      return null;
  }
}

function differences(context: Context, old: Entry, now: Entry): readonly Difference[] {
  const [before, after] = [context.before.plan, context.after.plan];
  const { name } = now;
  const one = (code: ReasonCode, a: string | null, b: string | null): Difference[] => [
    { code, part: null, before: a, after: b },
  ];
  switch (now.kind) {
    case "value": {
      const text = (plan: typeof before, { node }: Entry): string | null => {
        const value = node === null ? undefined : plan.nodes[node]?.values?.[name];
        return value ? coreText(value.expr) : null;
      };
      return one("value-changed", text(before, old), text(after, now));
    }
    case "constant":
      return one(
        "constant-changed",
        constantText(before.constants[name]!),
        constantText(after.constants[name]!),
      );
    case "function":
      return one("function-changed", coreText(before.functions[name]!), coreText(after.functions[name]!));
    case "prompt":
      return one(
        "template-changed",
        templateText(coreText(before.prompts[name]!.template)),
        templateText(coreText(after.prompts[name]!.template)),
      );
    case "agent":
      return agentDifferences(before.agents[name]!, after.agents[name]!);
    case "module": {
      const [a, b] = [before.modules[name]!, after.modules[name]!];
      const externals =
        versions(a.externals) === versions(b.externals)
          ? []
          : [
              {
                code: "module-code-changed",
                part: "externals",
                before: versions(a.externals),
                after: versions(b.externals),
              } as const,
            ];
      const code =
        a.artifact === b.artifact && externals.length > 0
          ? []
          : one("module-code-changed", a.code.join("\n"), b.code.join("\n"));
      return [...code, ...externals];
    }
    case "schema":
      return schemaChanges(before.schemas[name]!, after.schemas[name]!).map((change) => ({
        code: "schema-changed",
        part: change.field,
        before: change.before,
        after: change.after,
      }));
    case "subflow":
      return subflowDifferences(context.diffPlans(before.subflows![name]!, after.subflows![name]!));
    case "each":
      return [];
    default:
      return now.kind satisfies never;
  }
}

/** What changed in a workflow that is run: its own differences, each named by where it is. */
function subflowDifferences(changes: readonly Change[]): readonly Difference[] {
  return changes.map(({ code, name, part, before: was, after: is }) => ({
    code: "subflow-changed",
    part: [name, part, REASONS[code].title].filter((word) => word !== null).join(" "),
    before: was,
    after: is,
  }));
}

function constantText(constant: Constant): string {
  return "expr" in constant ? coreText(constant.expr) : jsonText(constant.value);
}

function versions(externals: { readonly [name: string]: string }): string {
  return Object.entries(externals)
    .map(([name, version]) => `${name}@${version}`)
    .sort()
    .join("\n");
}

function agentDifferences(before: Agent, after: Agent): readonly Difference[] {
  const flat = ({ options, ...own }: Agent): Map<string, Json> =>
    new Map([
      ...Object.entries(own),
      ...Object.entries(options).map(([name, value]) => [`options.${name}`, value] as const),
    ]);
  const [old, now] = [flat(before), flat(after)];
  const text = (value: Json | undefined): string | null =>
    value === undefined ? null : typeof value === "string" ? value : jsonText(value);
  return [...new Set([...old.keys(), ...now.keys()])]
    .map(
      (part): Difference => ({
        code: "agent-definition-changed",
        part,
        before: text(old.get(part)),
        after: text(now.get(part)),
      }),
    )
    .filter((difference) => difference.before !== difference.after);
}
