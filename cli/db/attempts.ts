import { addressName } from "../render/address.ts";
import { reasonText, tokensText, when } from "../render/cell.ts";
import { duration } from "../render/table.ts";
import type { View } from "./views.ts";

export const attempts: View = {
  head: ["NODE", "TRY", "STATE", "STARTED", "TOOK", "EPOCH", "TOKENS", "ERROR"],
  rows: async (reader) =>
    (await reader.journal()).attempts.map((attempt) => ({
      record: attempt,
      cells: [
        addressName(attempt),
        String(attempt.attempt),
        attempt.state,
        when(attempt.startedAt),
        attempt.endedAt === null ? "" : duration(attempt.endedAt - attempt.startedAt),
        String(attempt.epoch),
        tokensText(attempt.usage),
        reasonText(attempt.error),
      ],
    })),
};
