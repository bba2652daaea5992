/** The tools of the library, by the names that a plan has them under. */
import type { Tool } from "../registry.ts";
import { type BashOptions, bash } from "./bash.ts";
import { edit } from "./edit.ts";
import { grep } from "./grep.ts";
import { read } from "./read.ts";
import { write } from "./write.ts";

export const builtinTools = (options: BashOptions): readonly Tool[] => [
  read,
  write,
  edit,
  grep,
  bash(options),
];
