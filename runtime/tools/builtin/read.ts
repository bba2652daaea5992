import * as z from "zod";
import { cutNote, MAX_OUTPUT } from "../cut.ts";
import { openFile } from "../paths.ts";
import type { Tool } from "../registry.ts";
import { builtin, pathOf } from "./input.ts";

/** Reads a text file of the project, whole or by lines. */
export const read: Tool = builtin(
  {
    name: "read",
    description: "Read a text file of the project. Long files are cut: ask for lines with offset and limit.",
    afterCrash: "repeat",
    input: {
      path: pathOf("The file"),
      offset: z.int().positive().optional().describe("First line, from 1"),
      limit: z.int().positive().optional().describe("How many lines"),
    },
  },
  async ({ path, offset, limit }, { cwd, signal }) => {
    const file = await openFile(cwd, path);
    try {
      if (offset === undefined && limit === undefined) return await head(file);
      const first = offset ?? 1;
      const lines: string[] = [];
      let number = 0;
      let bytes = 0;
      for await (const line of file.readLines({ autoClose: false, signal })) {
        number++;
        if (number < first) continue;
        if (limit !== undefined && number >= first + limit) break;
        bytes += Buffer.byteLength(line) + 1;
        if (bytes > MAX_OUTPUT && lines.length > 0) {
          lines.push(`[more follows: ask for it with offset ${number}]`);
          break;
        }
        lines.push(line);
      }
      return lines.join("\n");
    } finally {
      await file.close();
    }
  },
);

/** A file of any size takes no more memory than what is shown of it. */
async function head(file: Awaited<ReturnType<typeof openFile>>): Promise<string> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.min(size, MAX_OUTPUT));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  const text = buffer.subarray(0, bytesRead).toString("utf8");
  return size > bytesRead ? text + cutNote(size - bytesRead, size) : text;
}
