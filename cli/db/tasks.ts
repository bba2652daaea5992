import { addressName } from "../render/address.ts";
import { reasonText } from "../render/cell.ts";
import type { View } from "./views.ts";

export const tasks: View = {
  head: ["NODE", "KIND", "STATE", "FRAME", "TABLE", "REASON"],
  rows: async (reader) =>
    (await reader.journal()).tasks.map((task) => ({
      record: task,
      cells: [
        addressName(task),
        task.kind,
        task.state,
        String(task.frame),
        task.table ?? "",
        reasonText(task.reason),
      ],
    })),
};
