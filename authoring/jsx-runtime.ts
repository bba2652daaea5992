/** The JSX types of a workflow file (`"jsxImportSource": "smithers"`). For the editor and the type checker only. */

declare const element: unique symbol;

export interface Element {
  readonly [element]: true;
}

/** What may stand between tags. `null`, `undefined` and booleans stand for nothing. */
export type Renderable = Element | string | number | boolean | null | undefined | readonly Renderable[];

export declare namespace JSX {
  type Element = import("./jsx-runtime.ts").Element;
  type ElementType = ((props: never) => Renderable) | keyof IntrinsicElements;
  interface ElementChildrenAttribute {
    children: unknown;
  }
  interface IntrinsicAttributes {
    key?: string | number;
  }
  /** Text elements of a prompt: `<p>`, `<ul>`, `<b>` and so on become Markdown. */
  interface IntrinsicElements {
    [tag: string]: { readonly children?: unknown; readonly [attribute: string]: unknown };
  }
}

function notExecuted(): never {
  throw new Error("A workflow is read by `smithers build`, not executed. Run `smithers up FILE` instead.");
}

export const jsx: (type: unknown, props: unknown, key?: unknown) => Element = notExecuted;
export const jsxs: (type: unknown, props: unknown, key?: unknown) => Element = notExecuted;
export const Fragment: (props: { readonly children?: Renderable }) => Element = notExecuted;
