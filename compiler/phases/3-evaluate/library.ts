/** What the authoring package exports, as the compiler sees it. None of its code is run. */
import type * as Core from "../../../plan/core/ast.ts";
import { nameOf } from "./core.ts";
import { internal } from "./library-source.ts";
import { exportOf } from "./modules.ts";
import { isPoisoned } from "./poison.ts";
import { isStructural } from "./shape.ts";
import { type Evaluation, report } from "./state.ts";
import {
  type ComponentValue,
  type NamespaceValue,
  type NativeValue,
  POISON,
  residual,
  type TableValue,
  UNDEFINED,
  type Value,
} from "./value.ts";

/** Components of the public library; 4-lower/kinds.ts says which of them a plan can hold. */
export const COMPONENTS: readonly string[] = [
  "Workflow",
  "Task",
  "Sequence",
  "Parallel",
  "Branch",
  "If",
  "Each",
  "Loop",
  "Ralph",
  "While",
  "Approval",
  "Fragment",
  "MergeQueue",
  "Worktree",
  "ApprovalGate",
  "Timer",
  "Signal",
  "WaitForEvent",
  "HumanTask",
  "Saga",
  "TryCatchFinally",
  "Subflow",
  "Sandbox",
  "ContinueAsNew",
  "Aspects",
  "SuperSmithers",
  "Memory",
  "Monitor",
  "Poller",
  "Kanban",
  "UI",
  "TUI",
  "Panel",
  "Debate",
  "ReviewLoop",
  "Optimizer",
  "Supervisor",
  "Runbook",
  "ContentPipeline",
  "ClassifyAndRoute",
  "GatherAndSynthesize",
  "ScanFixVerify",
  "DriftDetector",
  "DecisionTable",
  "EscalationChain",
  "CheckSuite",
  "Phase",
  "Step",
  "Switch",
  "Case",
  "Default",
  "Stop",
  "End",
  "Effect",
  "OnSignal",
  "Forever",
  "CompensateOnFailure",
];

/** A component of the compiler's own, or one that is written as workflow source. */
const componentOf = (ev: Evaluation, name: string, span: Core.Span): Value =>
  PATTERN_NAMES.includes(name) ? exportOf(ev, ev.library(), name, span) : component(name);

/** Components of compiler/library. */
export const PATTERN_NAMES: readonly string[] = [
  "ApprovalGate",
  "Panel",
  "Debate",
  "ReviewLoop",
  "Optimizer",
  "ContentPipeline",
  "GatherAndSynthesize",
  "DecisionTable",
  "Runbook",
  "EscalationChain",
  "DriftDetector",
  "Supervisor",
  "ScanFixVerify",
  "CheckSuite",
  "Poller",
  "ClassifyAndRoute",
  "Kanban",
];

/** Schemas of compiler/library. */
const SCHEMA_NAMES: readonly string[] = [
  "approvalDecisionSchema",
  "approvalSelectionSchema",
  "approvalRankingSchema",
];

/** Functions of compiler/library that give elements. */
const ELEMENT_FUNCTIONS: readonly string[] = ["continueAsNew"];

const component = (name: string): ComponentValue => ({ type: "Component", name });

const useCtx: NativeValue = {
  type: "Native",
  name: "useCtx",
  call: () => residual(nameOf("ctx"), { kind: "object", defined: true }),
};

/** An export of the authoring package. Classes and functions it does not know stay external. */
export function libraryExport(ev: Evaluation, from: string, name: string, span: Core.Span): Value {
  if (name === "createSmithers") {
    return { type: "Native", name, call: (args, at) => createSmithers(ev, args, at) };
  }
  if (name === "useCtx") return useCtx;
  if (from === "smithers/library") return internal(ev, name);
  if (SCHEMA_NAMES.includes(name) || ELEMENT_FUNCTIONS.includes(name))
    return exportOf(ev, ev.library(), name, span);
  if (COMPONENTS.includes(name)) return componentOf(ev, name, span);
  return { type: "External", from, path: [name], span };
}

/** React's own exports: fragments are kept, hooks are refused where they are called. */
export function reactExport(ev: Evaluation, name: string, span: Core.Span): Value {
  if (name === "Fragment") return component("Fragment");
  if (name === "default" || name === "*") {
    const members = new Map<string, Value>();
    return {
      type: "Namespace",
      name: "React",
      member: (key, at) => {
        const member = members.get(key) ?? reactExport(ev, key, at);
        members.set(key, member);
        return member;
      },
      keys: () => ["Fragment"],
    };
  }
  return {
    type: "Native",
    name,
    call: (_args, at) => hook(ev, name, at ?? span),
  };
}

function hook(ev: Evaluation, name: string, span: Core.Span): Value {
  if (!/^use[A-Z]/.test(name))
    return report(
      ev,
      "SM103",
      span,
      `'${name}' of React can't be called while the workflow is rendered`,
      name === "createElement"
        ? "Write the element as JSX: <Task … />."
        : "Use JSX, plain functions and objects.",
    );
  return report(
    ev,
    "SM102",
    span,
    `'${name}' is a React hook: a workflow has no component state`,
    "State lives in task outputs and ctx; derive the value from ctx while rendering.",
  );
}

/** What the compiler could only leave as text for the run is no construction that it could keep. */
function readable(ev: Evaluation, name: string, value: Value, span: Core.Span): Value {
  if ((value.type !== "Residual" && value.type !== "Block") || isPoisoned(value)) return value;
  const text = value.type === "Residual" ? value.expr : undefined;
  const declared = text?.type === "Name" ? ev.constants.get(text.name) : text;
  return report(
    ev,
    "SM601",
    text?.span ?? declared?.span ?? span,
    `how \`${name}\` is made can't be read as a Zod construction: it is not written as one expression`,
    "Write z.object({ … }); fields from a list: z.object(Object.fromEntries(list.map((key) => [key, …]))).",
  );
}

function createSmithers(ev: Evaluation, args: readonly Value[], span: Core.Span): Value {
  const [schemas, options] = args;
  if (schemas && isPoisoned(schemas) && schemas.type !== "Object") return POISON;
  if (schemas?.type !== "Object") {
    return report(
      ev,
      "SM601",
      span,
      "createSmithers needs its schemas as an object literal",
      "Write createSmithers({ input: z.object({…}), result: z.object({…}) }).",
    );
  }
  const tables = new Map([...schemas.props].map(([name, value]) => [name, readable(ev, name, value, span)]));
  const outputs = new Map<string, TableValue>();
  for (const [name, schema] of tables) outputs.set(name, { type: "Table", name, schema });
  const outputsValue: NamespaceValue = {
    type: "Namespace",
    name: "outputs",
    tables: "outputs",
    member: (key) => outputs.get(key),
    keys: () => [...outputs.keys()],
  };
  const smithers: NativeValue = {
    type: "Native",
    name: "smithers",
    call: ([fn, own], at) => {
      if (fn && isPoisoned(fn)) return POISON;
      if (fn?.type !== "Closure") {
        return report(
          ev,
          "SM113",
          at,
          "smithers() needs a plain function of ctx",
          "Write smithers((ctx) => <Workflow name=…>…</Workflow>).",
        );
      }
      return { type: "Workflow", fn, span: at, tables, options: own ?? options ?? UNDEFINED };
    },
  };
  const members = new Map<string, Value>([
    ["outputs", outputsValue],
    ["tables", outputsValue],
    ["smithers", smithers],
    ["useCtx", useCtx],
    ...COMPONENTS.map((name) => [name, component(name)] as const),
  ]);
  return {
    type: "Namespace",
    name: "createSmithers(…)",
    tables: "*",
    member: (key, at) =>
      (PATTERN_NAMES.includes(key) ? componentOf(ev, key, at) : members.get(key)) ??
      (key === "db" ? { type: "External", from: "smithers", path: ["db"], span: at } : undefined),
    keys: () => [...members.keys()],
  };
}

/** The table a bare schema was given to, where it is one; `<Task output={schema}>`. */
export function tableOf(schema: Value, tables: ReadonlyMap<string, Value>): readonly string[] {
  if (isStructural(schema) || schema.type !== "Schema") return [];
  return [...tables].filter(([, x]) => x.type === "Schema" && x.expr === schema.expr).map(([name]) => name);
}
