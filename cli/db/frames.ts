import type { FrameRecord, RunReader } from "../../runtime/index.ts";
import { when } from "../render/cell.ts";
import type { View } from "./views.ts";

export const frames: View = {
  head: ["FRAME", "TIME", "CAUSE", "CHANGES"],
  rows: async (reader) =>
    (await everyFrame(reader)).map((frame) => ({
      record: frame,
      cells: [String(frame.frame), when(frame.now), frame.cause, changesOf(frame)],
    })),
};

async function everyFrame(reader: RunReader): Promise<readonly FrameRecord[]> {
  const all: FrameRecord[] = [];
  for (;;) {
    const page = await reader.frames(all.at(-1)?.frame ?? -1, PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

const PAGE = 1_000;

/** `+draft +review  draft finished  -old`: mounted, changed, unmounted. */
function changesOf({ delta }: FrameRecord): string {
  const {
    mounted = [],
    unmounted = [],
    changed = {},
  } = (delta ?? {}) as {
    readonly mounted?: readonly string[];
    readonly unmounted?: readonly string[];
    readonly changed?: { readonly [node: string]: string };
  };
  return [
    ...mounted.filter((node) => !Object.hasOwn(changed, node)).map((node) => `+${node}`),
    ...Object.entries(changed).map(([node, state]) => `${mounted.includes(node) ? "+" : ""}${node} ${state}`),
    ...unmounted.map((node) => `-${node}`),
  ].join(", ");
}
