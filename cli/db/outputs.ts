import { addressName } from "../render/address.ts";
import type { View } from "./views.ts";

export const outputs: View = {
  head: ["SEQ", "TABLE", "NODE", "FRAME", "VALUE"],
  rows: async (reader) =>
    (await reader.journal()).outputs.map((output) => ({
      record: output,
      cells: [
        String(output.seq),
        output.table,
        addressName(output),
        String(output.frame),
        JSON.stringify(output.value),
      ],
    })),
};
