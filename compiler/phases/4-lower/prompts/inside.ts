/**
 * What a place inside a tag means for the tags in it: numbers of list items, fences, white space of tables. Decided on an
 * outline, which values and the source of a block both have, so that a prompt is the same text either way.
 */
import { type Markup, markup, TABLE } from "./markup.ts";

/** A child as far as building knows it. */
export type Outline =
  | Tag
  /** Text that is known. */
  | { readonly type: "text" }
  /** What the run decides: text, or any number of elements. */
  | { readonly type: "open" };

export interface Tag {
  readonly type: "tag";
  /** Null for a fragment. */
  readonly tag: string | null;
  readonly children: readonly Outline[];
  /** The value of an attribute, where it is known. */
  readonly attribute: (name: string) => unknown;
}

export interface Inside {
  /** What stands in front of the next list item. */
  readonly marker?: () => string;
  /** Directly in a `pre`. */
  readonly block?: true;
  /** Between the parts of a table: white space is nothing. */
  readonly table?: true;
}

export const NOWHERE: Inside = {};

export function insideOf({ tag, children, attribute }: Tag): Inside {
  if (tag === "pre") return { block: true };
  if (tag !== null && TABLE.has(tag)) return { table: true };
  if (tag === "ul") return { marker: () => "- " };
  if (tag !== "ol") return NOWHERE;
  // Items that only the run counts are numbered by whoever renders the Markdown.
  if (!children.every(isFixed)) return { marker: () => "1. " };
  const start = attribute("start");
  let next = typeof start === "number" ? start : 1;
  return { marker: () => `${next++}. ` };
}

/** Whether the run has no say in which elements there are. */
function isFixed(part: Outline): boolean {
  if (part.type === "tag" && part.tag === null) return part.children.every(isFixed);
  return part.type !== "open";
}

/** A tag as text: `inner` are its children, written with what `insideOf` said; `around` is the place where it stands. */
export function tagMarkup(
  tag: Tag & { readonly tag: string },
  { attributes, inner }: Pick<Markup, "attributes" | "inner">,
  around: Inside,
): readonly Markup["inner"][number][] {
  // The fence is that of the code.
  if (tag.tag === "pre" && tagsIn(tag.children).some((x) => x.tag === "code")) return inner;
  return markup({
    tag: tag.tag,
    attributes,
    inner,
    ...(tag.tag === "li" && around.marker && { marker: around.marker() }),
    ...(around.block && { block: true }),
    ...(tag.tag === "thead" && { columns: columnsOf(tag.children) }),
  });
}

/** Tags that surely stand there, fragments opened. */
function tagsIn(parts: readonly Outline[]): Tag[] {
  return parts.flatMap((part) =>
    part.type !== "tag" ? [] : part.tag === null ? tagsIn(part.children) : [part],
  );
}

/** The delimiter of each column, from the first row of the head. */
function columnsOf(head: readonly Outline[]): string[] {
  const row = tagsIn(head).find(({ tag }) => tag === "tr");
  return tagsIn(row?.children ?? []).flatMap(({ tag, attribute }) => {
    if (tag !== "th" && tag !== "td") return [];
    const align = attribute("align");
    if (align === "center") return [":---:"];
    return [align === "right" ? "---:" : align === "left" ? ":---" : "---"];
  });
}
