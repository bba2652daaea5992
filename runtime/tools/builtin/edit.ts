import * as z from "zod";
import { applyPatch } from "../patch.ts";
import { openFile } from "../paths.ts";
import type { Tool } from "../registry.ts";
import { replaceFile } from "../replace.ts";
import { builtin, pathOf } from "./input.ts";

/** Changes a file of the project by a patch. */
export const edit: Tool = builtin(
  {
    name: "edit",
    description:
      "Apply a unified diff to an existing file of the project. Context lines must be exactly those of the file.",
    input: { path: pathOf("The file"), patch: z.string().describe("Unified diff of this one file") },
  },
  async ({ path, patch }, { cwd }) => {
    const file = await openFile(cwd, path);
    let text: string;
    try {
      if ((await file.stat()).size > MAX_EDITED) throw new Error(`${path} is too large to be edited`);
      text = await file.readFile("utf8");
    } finally {
      await file.close();
    }
    await replaceFile(cwd, path, applyPatch(text, patch));
    return "ok";
  },
);

const MAX_EDITED = 16 << 20;
