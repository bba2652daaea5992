import * as z from "zod";
import type { Tool } from "../registry.ts";
import { replaceFile } from "../replace.ts";
import { builtin, pathOf } from "./input.ts";

/** Writes a file of the project, with the directories above it. */
export const write: Tool = builtin(
  {
    name: "write",
    description: "Write a text file of the project; what was there is replaced.",
    input: { path: pathOf("The file"), content: z.string() },
  },
  async ({ path, content }, { cwd }) => {
    await replaceFile(cwd, path, content);
    return "ok";
  },
);
