/** Gives the prompt of an agent task the `schema` of its output, as React's cloneElement would, unless the author passes one. */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";
import { literal, memberOf, objectOf } from "../3-evaluate/core.ts";
import { reify } from "../3-evaluate/reify.ts";
import type { Evaluation } from "../3-evaluate/state.ts";
import { known, residual, type Value } from "../3-evaluate/value.ts";
import type { NodeDraft } from "./draft.ts";
import type { Examples } from "./examples.ts";
import { changeResults } from "./results.ts";
import { INPUT } from "./schemas.ts";

/** The example as text; null where the task has no output whose schema is known. */
export function schemaText(
  examples: Examples,
  output: ReturnType<NodeDraft["fields"]["get"]>,
): Core.Expr | null {
  if (output === undefined) return null;
  return output.type === "json"
    ? exampleText(examples, String(output.value))
    : chosenText(examples, output.expr);
}

function exampleText(examples: Examples, table: string): Core.Expr | null {
  const example = examples.of(table);
  return example === null ? null : lines(example);
}

/** The example of the table that an expression gives the name of. */
function chosenText(examples: Examples, output: Core.Expr): Core.Expr | null {
  if (output.type === "Literal") return exampleText(examples, String(output.value));
  if (output.type === "Conditional") {
    const [then, otherwise] = [chosenText(examples, output.then), chosenText(examples, output.else)];
    return then && otherwise && { ...output, then, else: otherwise };
  }
  const all = examples.tables.flatMap((table): [string, Core.Expr][] => {
    const text = table === INPUT ? null : exampleText(examples, table);
    return text ? [[table, text]] : [];
  });
  return memberOf(objectOf(all), output);
}

const lines = (text: string): Core.Expr =>
  text.includes("\n") ? { type: "Template", quasis: [text], exprs: [] } : literal(text);

/** The child of a task with `schema` among the props of the one element that it is. Only such an element asks for the text. */
export function withSchema(ev: Evaluation, child: Value, text: () => Core.Expr | null): Value {
  switch (child.type) {
    case "Choice":
      return {
        ...child,
        then: withSchema(ev, child.then, text),
        else: withSchema(ev, child.else, text),
      };
    case "Select":
      return {
        ...child,
        cases: child.cases.map((x) => ({ ...x, value: withSchema(ev, x.value, text) })),
        other: withSchema(ev, child.other, text),
      };
    case "Element": {
      const { tag, opaque } = child;
      if (tag === null || typeof tag === "string" || !takesSchema(tag)) return child;
      if (!opaque && child.props.has("schema")) return child;
      const schema = text();
      if (!schema) return child;
      if (opaque) {
        // What the spread brings comes after it.
        const given = reify(ev, opaque);
        const rest: readonly (Core.Property | Core.Spread)[] =
          given.type === "Object" ? given.props : [{ type: "Spread", arg: given }];
        const first: Core.Property = { type: "Property", key: "schema", value: schema };
        return { ...child, opaque: residual({ type: "Object", props: [first, ...rest] }) };
      }
      return { ...child, props: new Map([...child.props, ["schema", asValue(tag, schema)]]) };
    }
    default:
      return child;
  }
}

/** A component may compute with the text; a plan shows that of a prompt line by line. */
const asValue = (tag: Value, schema: Core.Expr): Value =>
  tag.type === "Closure" && schema.type === "Template" && schema.exprs.length === 0
    ? known(schema.quasis[0] as string)
    : residual(schema);

/** Whether the component or prompt may look at the prop. */
export function takesSchema(tag: Value): boolean {
  switch (tag.type) {
    case "Prompt":
      return asksForSchema(tag.module.text);
    case "Choice":
      return takesSchema(tag.then) || takesSchema(tag.else);
    case "Select":
      return [tag.other, ...tag.cases.map(({ value }) => value)].some(takesSchema);
    default:
      return tag.type === "Closure" || tag.type === "Residual";
  }
}

/** `props.schema`, or `props` as a whole, in a prompt's own text or for another prompt in it. */
const asksForSchema = (text: string): boolean =>
  /\bprops\s*(?:\?\.|\.)\s*schema\b|\bprops\s*(?:\?\.)?\[|\bprops\b(?!\s*(?:\?\.|\.\s*[\w$]))/.test(text);

/** The same for the syntax of a child that a block writes. `mayTake` judges a tag. */
export const withSchemaProp = (
  child: Surface.Expr,
  text: () => Core.Expr | null,
  mayTake: (tag: Surface.Expr) => boolean,
): Surface.Expr =>
  changeResults(child, (x: Surface.Expr): Surface.Expr => {
    if (x.type !== "Element" || !x.tag || x.tag.type === "Literal" || !mayTake(x.tag)) return x;
    if (x.props.some((prop) => prop.type === "ElementProp" && prop.name === "schema")) return x;
    const schema = text();
    if (!schema) return x;
    const prop: Surface.ElementProp = { type: "ElementProp", span: x.span, name: "schema", value: schema };
    // As React appends it; what a spread brings may be the author's own.
    const isFirst = x.props.some(({ type }) => type === "Spread");
    return { ...x, props: isFirst ? [prop, ...x.props] : [...x.props, prop] };
  });
