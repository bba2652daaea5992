/** Statements → Core text; see translate.ts. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { patternNames } from "./shape.ts";
import { Bail, report } from "./state.ts";
import { bindNames, expr, hostNamespace, Names, pattern, type Translation } from "./translate.ts";
import { lookup } from "./value.ts";

export function translateBlock(t: Translation, node: Core.Block<Surface.Extra>, outer: Names): Core.Block {
  const names = new Names(outer);
  return { ...node, body: statements(t, node.body, names) };
}

/** Statements of one block scope; `names` takes what they declare. */
export function statements(t: Translation, nodes: readonly Surface.Stmt[], names: Names): Core.Stmt[] {
  for (const node of nodes) {
    if (node.type === "Declare")
      for (const decl of node.decls) {
        if (isCtx(t, node.kind, decl, names)) names.set(patternNames(decl.target)[0]!, "ctx");
        else bindNames(t, names, decl.target);
        note(node.kind, decl, names);
      }
    if ((node.type === "Func" || node.type === "Class") && node.name)
      bindNames(t, names, { type: "Name", name: node.name });
  }
  return nodes.map((node) => statement(t, node, names));
}

/** What is known of the names that a declaration binds, for functions that run as code. */
function note(
  kind: "let" | "const",
  { target, init }: Core.Declare<Surface.Extra>["decls"][number],
  names: Names,
): void {
  if (kind === "let") for (const name of patternNames(target)) names.late.add(name);
  if (target.type !== "Name" || !init) return;
  names.inits.set(target.name, init);
  if (kind === "const" && (init.type === "Arrow" || init.type === "Func"))
    names.functions.set(target.name, init);
}

function declare(t: Translation, node: Core.Declare<Surface.Extra>, names: Names): Core.Declare {
  return {
    ...node,
    decls: node.decls.map((decl) => {
      const target = pattern(t, decl.target, names);
      const taken = decl.init && takenFromHost(t, decl.target, decl.init, names);
      if (taken) return { target, init: taken };
      return decl.init ? { target, init: expr(t, decl.init, names) } : { target };
    }),
  };
}

const isCode = (
  { target, init }: Core.Declare<Surface.Extra>["decls"][number],
  kind: "let" | "const",
): boolean => kind === "const" && target.type === "Name" && init?.type === "Func";

/** `const ctx = useCtx()` in a block: whoever reads it means that of the place where it stands. */
function isCtx(
  t: Translation,
  kind: "let" | "const",
  { target, init }: Core.Declare<Surface.Extra>["decls"][number],
  names: Names,
): boolean {
  if (!t.elements || kind !== "const" || target.type !== "Name") return false;
  if (init?.type !== "Call" || init.callee.type !== "Name" || names.get(init.callee.name) !== undefined)
    return false;
  const found = lookup(t.env, init.callee.name)?.value;
  return found?.type === "Native" && found.name === "useCtx";
}

/** `const { HOME } = process.env`: the machine as a whole is no value, but what the pattern takes of it is. */
function takenFromHost(
  t: Translation,
  target: Surface.Pattern,
  init: Surface.Expr,
  names: Names,
): Core.Expr | undefined {
  if (target.type !== "ObjectPattern" || target.rest || !hostNamespace(t, init, names)) return undefined;
  const props: Core.Property[] = [];
  for (const { key } of target.props) {
    if (typeof key !== "string") return undefined;
    const member: Surface.Expr = { type: "Member", object: init, property: key };
    props.push({ type: "Property", key, value: expr(t, member, names) });
  }
  return { type: "Object", props };
}

/** A statement that stands alone (`if (x) y();`): its own scope. */
function nested(t: Translation, node: Surface.Stmt, outer: Names): Core.Stmt {
  if (node.type === "Block") return translateBlock(t, node, outer);
  return statement(t, node, new Names(outer));
}

function statement(t: Translation, node: Surface.Stmt, names: Names): Core.Stmt {
  switch (node.type) {
    case "Declare": {
      // What only code can call has no place among data.
      const decls = node.decls.filter(
        (decl) => !(t.elements && isCode(decl, node.kind)) && !isCtx(t, node.kind, decl, names),
      );
      return decls.length > 0 ? declare(t, { ...node, decls }, names) : { type: "Block", body: [] };
    }
    case "ExprStmt":
      return { ...node, expr: expr(t, node.expr, names) };
    case "Block":
      return translateBlock(t, node, names);
    case "If": {
      const { else: otherwise, ...others } = node;
      const result = { ...others, test: expr(t, node.test, names), then: nested(t, node.then, names) };
      return otherwise ? { ...result, else: nested(t, otherwise, names) } : result;
    }
    case "Switch": {
      const inner = new Names(names);
      const value = expr(t, node.value, names);
      for (const one of node.cases) {
        for (const s of one.body)
          if (s.type === "Declare") for (const decl of s.decls) bindNames(t, inner, decl.target);
      }
      const cases = node.cases.map((one) => {
        const body = one.body.map((s) => statement(t, s, inner));
        return one.test ? { test: expr(t, one.test, inner), body } : { body };
      });
      return { ...node, value, cases };
    }
    case "ForOf": {
      const inner = new Names(names);
      const of = expr(t, node.of, names);
      if (node.kind) bindNames(t, inner, node.target);
      return { ...node, of, target: pattern(t, node.target, inner), body: nested(t, node.body, inner) };
    }
    case "For": {
      const inner = new Names(names);
      const { init, test, update, ...others } = node;
      if (init?.type === "Declare") for (const decl of init.decls) bindNames(t, inner, decl.target);
      return {
        ...others,
        ...(init && {
          init:
            init.type === "Declare" ? declare(t, init, inner) : { ...init, expr: expr(t, init.expr, inner) },
        }),
        ...(test && { test: expr(t, test, inner) }),
        ...(update && { update: expr(t, update, inner) }),
        body: nested(t, node.body, inner),
      };
    }
    case "While":
      return { ...node, test: expr(t, node.test, names), body: nested(t, node.body, names) };
    case "DoWhile":
      return { ...node, body: nested(t, node.body, names), test: expr(t, node.test, names) };
    case "Break":
    case "Continue":
      return node;
    case "Return":
      return node.value ? { ...node, value: expr(t, node.value, names) } : (node as Core.Return);
    case "Throw":
      return { ...node, value: expr(t, node.value, names) };
    case "Try": {
      const { param, handler, finalizer, ...others } = node;
      const inner = new Names(names);
      if (param) bindNames(t, inner, param);
      return {
        ...others,
        block: translateBlock(t, node.block, names),
        ...(param && { param: pattern(t, param, inner) }),
        ...(handler && { handler: translateBlock(t, handler, inner) }),
        ...(finalizer && { finalizer: translateBlock(t, finalizer, names) }),
      };
    }
    case "Element":
    case "Construct":
    case "Func":
      throw new Bail("code inside data", node.span);
    case "Class":
    case "Foreign":
      report(
        t.ev,
        "SM103",
        node.span,
        `${node.type === "Class" ? "a class" : node.what} can't be used while the workflow is rendered`,
        "Use plain functions and objects, or move it into a compute task.",
      );
      return { type: "Block", body: [] };
    default: {
      const missing: never = node;
      return missing;
    }
  }
}
