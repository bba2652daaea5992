/**
 * Functions that components inside a block are handed as props. A function runs as code only where it is written, so one
 * that arrives under the name of a prop can be neither the child of a task nor called by one.
 */
import type * as Core from "../../../plan/core/ast.ts";
import type * as Surface from "../../surface.ts";

type Component = Core.Arrow<Surface.Extra>;

export interface Use {
  readonly prop: string;
  readonly span: Core.Span | undefined;
}

export class HandedFunctions {
  readonly #handed = new Map<Component, Set<string>>();
  readonly #used = new Map<Component, Use[]>();
  /** Components whose functions are being written, innermost last. */
  readonly within: Component[] = [];

  hand(to: Component, prop: string): void {
    this.#handed.set(to, (this.#handed.get(to) ?? new Set()).add(prop));
  }

  /** Code, or the child of a task, is what a name stands for that may be one of the component's props. */
  use(child: Surface.Expr, span: Core.Span | undefined): void {
    const component = this.within.at(-1);
    const prop = component && propOf(component, child);
    if (!component || prop === undefined) return;
    this.#used.set(component, [...(this.#used.get(component) ?? []), { prop, span }]);
  }

  /** Uses of props under which a function arrives. */
  *found(): Iterable<Use> {
    for (const [component, uses] of this.#used)
      for (const use of uses) if (this.#handed.get(component)?.has(use.prop)) yield use;
  }

  reset(): void {
    this.#handed.clear();
    this.#used.clear();
    this.within.length = 0;
  }
}

/** The prop that a name, or a member of the props, stands for. */
function propOf(component: Component, child: Surface.Expr): string | undefined {
  const [first] = component.params;
  if (child.type === "Logical") return propOf(component, child.left);
  if (child.type === "Member")
    return first?.type === "Name" && child.object.type === "Name" && child.object.name === first.name
      ? String(child.property)
      : undefined;
  if (child.type !== "Name" || first?.type !== "ObjectPattern") return undefined;
  for (const { key, value } of first.props) {
    const target = value.type === "DefaultPattern" ? value.target : value;
    if (target.type === "Name" && target.name === child.name && typeof key === "string") return key;
  }
  return undefined;
}
