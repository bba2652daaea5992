import type { Argv } from "yargs";
import type { SqlCell } from "../../runtime/index.ts";
import { withRuntime } from "../errors.ts";
import { type CommandResult, EXIT } from "../exit.ts";
import { rootOf, rootOption, runPositional } from "../options.ts";
import { shortTable } from "../render/cell.ts";
import type { Terminal } from "../terminal.ts";

export const command = "sql <run> [query]";
export const describe = "Query the store of a run, also while it goes on; nothing can be written";

interface Args {
  readonly run: string;
  readonly query: string | undefined;
  readonly root: string | undefined;
  readonly json: boolean;
}

export const options = (yargs: Argv) =>
  rootOption(runPositional(yargs))
    .positional("query", {
      type: "string",
      describe: "One SELECT, in SQLite's SQL [default: lists tables and columns]",
    })
    .option("json", {
      type: "boolean",
      default: false,
      describe: "One JSON object a row; values that are kept as files stand as their names and sizes",
    })
    .example("$0 sql RUN \"SELECT node_id, value ->> 'score' AS score FROM outputs\"", "");

const TABLES = `SELECT t.name AS "table", group_concat(c.name, ', ') AS columns
  FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' GROUP BY t.name ORDER BY t.name`;

/** Of a table for people; a pipe that wants all asks for JSON. */
const MOST_ROWS = 1_000;

export function handler(args: Args, terminal: Terminal): CommandResult {
  return withRuntime(async ({ query }) => {
    const { columns, rows } = await query(args.run, args.query ?? TABLES, { root: rootOf(args) });
    if (args.json) {
      for (const row of rows)
        terminal.out(JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, row[i]]))));
      return EXIT.ok;
    }
    const shown = rows.slice(0, MOST_ROWS).map((row) => row.map(text));
    terminal.out(shortTable(columns, shown, terminal.outColumns));
    if (rows.length > shown.length)
      terminal.err(`… and ${rows.length - shown.length} rows more; --json gives all`);
    if (rows.some((row) => row.some((cell) => typeof cell === "object" && cell !== null && "file" in cell)))
      terminal.err(
        "Values above 256 KiB are kept as files and stand as <their names>; `smithers db RUN outputs --json` reads them.",
      );
    return EXIT.ok;
  });
}

function text(cell: SqlCell): string {
  if (cell === null) return "";
  if (typeof cell !== "object") return String(cell);
  return "file" in cell ? `<${cell.file}, ${cell.bytes} bytes>` : `x'${cell.hex}'`;
}
