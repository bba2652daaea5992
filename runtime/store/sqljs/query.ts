/** Questions of people to a run's database, in SQL. */
import type { SqlValue } from "./engine.ts";

/** The question can't be answered: what it asks is wrong, or not allowed. Nothing is wrong with the store. */
export class SqlError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "SqlError";
  }
}

/** Rows as SQLite gives them. */
export interface SqlRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly SqlValue[])[];
}

/** What is in front of the first word. */
const LEADING = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)|\()*/;
const QUESTIONS = /^(?:select|with|values|explain)\b/i;

/** Lets only questions through. SQLite refuses a WITH that writes by itself, as the file is open for reading only. */
export function checkQuestion(sql: string): void {
  const text = sql.replace(LEADING, "");
  if (QUESTIONS.test(text)) return;
  const [word = ""] = /^\w+/.exec(text) ?? [];
  throw new SqlError(
    word === ""
      ? "there is no query"
      : `${word.toUpperCase()} is not allowed: only SELECT, WITH, VALUES and EXPLAIN are, since a run is written by its own process alone`,
  );
}

/** What stands behind the first statement must be nothing, since it would not be looked at. */
export function checkRest(rest: string): void {
  if (rest.replaceAll(";", " ").replace(LEADING, "") !== "")
    throw new SqlError("give one statement: what follows the first semicolon would not be run");
}
