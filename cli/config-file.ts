/** Where the settings of a project are, without reading them: commands that need none load nothing that reads them. */
import { existsSync } from "node:fs";
import path from "node:path";
import type { Config } from "./config.ts";

export const CONFIG_FILE = "smithers.json";

/** The nearest smithers.json; null where there is none. */
export function configFile(from: string): string | null {
  for (let directory = path.resolve(from); ; directory = path.dirname(directory)) {
    const file = path.join(directory, CONFIG_FILE);
    if (existsSync(file)) return file;
    if (existsSync(path.join(directory, ".git")) || directory === path.dirname(directory)) return null;
  }
}

/** The settings of the project that the command runs in; null where it has none. @throws CliError */
export async function projectConfig(): Promise<Config | null> {
  const here = process.cwd();
  if (configFile(here) === null) return null;
  const { readConfig } = await import("./config.ts");
  return readConfig(here);
}
