/** Limits of frames that effects make by themselves, as the command line gives them over those of smithers.json. */
import type { StormLimits } from "../runtime/index.ts";
import { STORM_NAMES } from "./config.ts";
import { CliError, EXIT } from "./exit.ts";

/** @throws CliError for what names no limit or gives it no number */
export function stormOf(text: string, storm: StormLimits | undefined): StormLimits {
  const given: { [name: string]: number } = {};
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.split("=").map((side) => side.trim());
    if (!STORM_NAMES.some((known) => known === name) || !/^[1-9]\d*$/.test(value))
      throw new CliError(
        EXIT.usage,
        `--storm: ${JSON.stringify(part)} is no limit`,
        `As in framesPerSecond=20,repeats=5; there are: ${STORM_NAMES.join(", ")}.`,
      );
    given[name] = Number(value);
  }
  return { ...storm, ...given };
}
