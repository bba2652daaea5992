import type { RunReader, TransitionRecord } from "../../runtime/index.ts";
import { addressName } from "../render/address.ts";
import type { View } from "./views.ts";

export const transitions: View = {
  head: ["SEQ", "FRAME", "KEY", "OLD", "NEW", "NODE", "BY"],
  rows: async (reader) =>
    (await everyTransition(reader)).map((transition) => ({
      record: transition,
      cells: [
        String(transition.seq),
        String(transition.frame),
        `${transition.store}.${transition.key}`,
        JSON.stringify(transition.old),
        JSON.stringify(transition.new),
        addressName(transition),
        transition.trigger,
      ],
    })),
};

async function everyTransition(reader: RunReader): Promise<readonly TransitionRecord[]> {
  const all: TransitionRecord[] = [];
  for (;;) {
    const page = await reader.transitions(all.at(-1)?.seq ?? 0, PAGE);
    all.push(...page);
    if (page.length < PAGE) return all;
  }
}

const PAGE = 1_000;
