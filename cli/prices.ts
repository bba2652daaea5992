/** What models cost, as smithers.json says. */
import type { Prices } from "../runtime/index.ts";
import { configFile } from "./config-file.ts";

/** Those of the project as they are now; most have none, and load nothing for it. @throws CliError */
export async function pricesOf(): Promise<Prices | undefined> {
  if (configFile(process.cwd()) === null) return undefined;
  const { readConfig } = await import("./config.ts");
  return readConfig(process.cwd()).prices;
}
