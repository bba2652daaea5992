/** SM703: an agent that may do anything without being asked. */
import type { Diagnostic } from "../../diagnostics.ts";
import type { ObjectValue, Value } from "../../phases/3-evaluate/value.ts";
import type { AgentSource } from "../../phases/4-lower/draft.ts";
import { problem } from "../../report.ts";
import type { Rule } from "../rule.ts";

type Options = ObjectValue["props"];

/** What a command-line agent makes of its options: which of them unlocks it, and which bound it all the same. */
interface Program {
  /** The option that switches questions or the sandbox off; undefined where none does. */
  unlockedBy(options: Options): string | undefined;
  /** Options that hold even where nothing is asked: lists of what there is, or of what is denied; a sandbox. */
  readonly bounds: readonly string[];
  /** What to write instead. */
  readonly hint: string;
}

const first = (options: Options, ...names: string[]): string | undefined =>
  names.find((name) => textOf(options.get(name)) === true);

const PROGRAMS: ReadonlyMap<string, Program> = new Map<string, Program>([
  [
    "ClaudeCodeAgent",
    {
      unlockedBy: (options) =>
        first(options, "dangerouslySkipPermissions") ??
        is(options, "permissionMode", "bypassPermissions") ??
        first(options, "yolo") ??
        // It lets the next one be switched on, which the library does unless it is told otherwise.
        (textOf(options.get("yolo")) === false
          ? undefined
          : first(options, "allowDangerouslySkipPermissions")),
      bounds: ["tools", "disallowedTools"],
      hint: 'Give it the tools that it needs: tools: ["Read", "Edit"]; or ask for none but those that are allowed: yolo: false, permissionMode: "dontAsk", allowedTools: ["Read", "Bash(npm test)"].',
    },
  ],
  [
    "CodexAgent",
    {
      unlockedBy: (options) =>
        is(options, "sandbox", "danger-full-access") ??
        inConfig(options) ??
        (textOf(options.get("fullAuto")) === true
          ? undefined
          : first(options, "dangerouslyBypassApprovalsAndSandbox", "yolo")),
      bounds: [],
      hint: 'Leave it its sandbox: yolo: false, sandbox: "workspace-write"; or fullAuto: true.',
    },
  ],
  [
    "GeminiAgent",
    {
      unlockedBy: (options) =>
        options.has("approvalMode") ? is(options, "approvalMode", "yolo") : first(options, "yolo"),
      bounds: ["sandbox"],
      hint: 'Give it a sandbox (sandbox: true), or let it change files only: approvalMode: "auto_edit".',
    },
  ],
  [
    "AntigravityAgent",
    {
      unlockedBy: (options) =>
        options.has("dangerouslySkipPermissions")
          ? first(options, "dangerouslySkipPermissions")
          : first(options, "yolo"),
      bounds: ["sandbox"],
      hint: "Give it a sandbox (sandbox: true), or leave the option out and write yolo: false.",
    },
  ],
  [
    "AmpAgent",
    {
      unlockedBy: (options) => first(options, "dangerouslyAllowAll", "yolo"),
      bounds: [],
      hint: "Leave the option out and write yolo: false.",
    },
  ],
  [
    "PiAgent",
    {
      unlockedBy: (options) => first(options, "yolo"),
      bounds: ["tools", "noTools"],
      hint: 'Give it the tools that it needs: tools: ["read", "grep"].',
    },
  ],
]);

const OTHER: Program = {
  unlockedBy: (options) => first(options, "yolo", "dangerouslySkipPermissions", "dangerouslyAllowAll"),
  bounds: ["tools", "allowedTools", "disallowedTools", "sandbox", "restricted"],
  hint: "Leave the option out and write yolo: false.",
};

export const unrestrictedTools: Rule = {
  code: "SM703",
  check(model) {
    return [...model.draft.agents].flatMap(([name, agent]): Diagnostic[] => {
      const [options] = agent.type === "Instance" ? agent.args : [];
      if (options?.type !== "Object") return [];
      const program = PROGRAMS.get(classOf(agent)) ?? OTHER;
      const option = program.unlockedBy(options.props) ?? inArguments(options.props);
      if (option === undefined || program.bounds.some((bound) => holds(bound, options.props.get(bound))))
        return [];
      const span = model.placeIn(options.span ?? agent.span!, option);
      const asked = options.props.has("allowedTools")
        ? ", and allowedTools only says what is never asked about"
        : "";
      const message = `The agent \`${name}\` may run any tool without being asked (\`${option}\`)${asked}.`;
      return [problem("SM703", span, message, { hint: program.hint })];
    });
  },
};

function classOf(agent: AgentSource): string {
  return agent.type === "Instance" && agent.callee.type === "External"
    ? (agent.callee.path.at(-1) ?? "")
    : "";
}

/** What a known value is. */
const textOf = (value: Value | undefined): unknown => (value?.type === "Known" ? value.value : undefined);

const is = (options: Options, name: string, value: string): string | undefined =>
  textOf(options.get(name)) === value ? name : undefined;

/** `config: { sandbox_mode: "danger-full-access" }`, also as a list of `key=value`. */
function inConfig(options: Options): string | undefined {
  const config = options.get("config");
  if (config?.type === "Object")
    return textOf(config.props.get("sandbox_mode")) === "danger-full-access" ? "config" : undefined;
  return words(config).some((word) => /^sandbox_mode\s*=\s*"?danger-full-access"?$/.test(word))
    ? "config"
    : undefined;
}

/** Flags of the programs themselves. */
const FLAGS =
  /^--?(dangerously-[\w-]+|yolo|allow-all(-tools)?|force|sandbox[= ]danger-full-access|permission-mode[= ]bypassPermissions|approval-mode[= ]yolo)$/;

function inArguments(options: Options): string | undefined {
  const given = words(options.get("extraArgs"));
  return given.some((word, n) => FLAGS.test(word) || FLAGS.test(`${word} ${given[n + 1]}`))
    ? "extraArgs"
    : undefined;
}

function words(list: Value | undefined): readonly string[] {
  if (list?.type !== "Array") return [];
  return list.items.flatMap((item) => {
    const text = item.type === "SpreadItem" ? undefined : textOf(item);
    return typeof text === "string" ? [text] : [];
  });
}

/** Whether a bound is given. That of no tools at all is an empty text; an empty list is none. */
function holds(name: string, value: Value | undefined): boolean {
  if (value === undefined) return false;
  if (value.type === "Known")
    return name === "tools" ? value.value === "" : value.value !== undefined && Boolean(value.value);
  return !(value.type === "Array" && value.items.length === 0);
}
