/** Where the settings of a project are, without reading them: commands that need none load nothing that reads them. */
import { existsSync } from "node:fs";
import path from "node:path";

export const CONFIG_FILE = "smithers.json";

/** The nearest smithers.json; null where there is none. */
export function configFile(from: string): string | null {
  for (let directory = path.resolve(from); ; directory = path.dirname(directory)) {
    const file = path.join(directory, CONFIG_FILE);
    if (existsSync(file)) return file;
    if (existsSync(path.join(directory, ".git")) || directory === path.dirname(directory)) return null;
  }
}
