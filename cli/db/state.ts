import type { View } from "./views.ts";

export const state: View = {
  head: ["KEY", "VALUE"],
  rows: async (reader) =>
    Object.entries((await reader.journal()).state).map(([key, value]) => ({
      record: { key, value },
      cells: [key, JSON.stringify(value)],
    })),
};
