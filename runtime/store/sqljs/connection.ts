/** SQL on one open database: statements prepared once and freed at the end, errors as StoreErrors. */
import type { Disk } from "../disk.ts";
import type { StoreError } from "../store.ts";
import type { SqlStatement, SqlValue } from "./engine.ts";
import { storeError } from "./errors.ts";
import type { FileHooks } from "./file.ts";
import { checkQuestion, checkRest, SqlError, type SqlRows } from "./query.ts";
import type { Connected, DatabaseFiles, NodeVfs } from "./vfs.ts";

export interface ConnectionOptions {
  readonly disk: Disk;
  readonly hooks?: FileHooks;
  readonly readonly: boolean;
  /** Page cache, KiB. */
  readonly cacheKiB: number;
}

export class Connection {
  readonly #vfs: NodeVfs;
  readonly #file: string;
  readonly #connected: Connected;
  readonly #statements = new Map<string, SqlStatement>();
  #open = true;

  /** @throws StoreError */
  constructor(vfs: NodeVfs, files: DatabaseFiles, options: ConnectionOptions) {
    this.#vfs = vfs;
    this.#file = files.database;
    this.#connected = this.#wrap(() => vfs.open(files, options));
    try {
      // EXCLUSIVE before anything is read: the log's index is then kept in memory, as there is no shared memory here.
      this.exec(
        `PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY; PRAGMA cache_size=-${options.cacheKiB}; PRAGMA trusted_schema=OFF`,
      );
    } catch (error) {
      this.close();
      throw error;
    }
  }

  exec(sql: string): void {
    this.#wrap(() => this.#connected.db.exec(sql));
  }

  run(sql: string, values: readonly SqlValue[] = []): void {
    this.#wrap(() => this.#prepare(sql).run(values));
  }

  /** All rows. */
  all(sql: string, values: readonly SqlValue[] = []): SqlValue[][] {
    return this.#wrap(() => {
      const statement = this.#prepare(sql);
      const rows: SqlValue[][] = [];
      try {
        statement.bind(values);
        while (statement.step()) rows.push(statement.get());
      } finally {
        statement.reset();
      }
      return rows;
    });
  }

  /**
   * Answers a question of a person's. The statement is not kept.
   * @throws SqlError when the question is wrong or would write, StoreError when the file can't be read
   */
  query(sql: string): SqlRows {
    checkQuestion(sql);
    this.exec("PRAGMA query_only=ON");
    let statement: SqlStatement | null = null;
    try {
      statement = this.#connected.db.prepare(sql);
      checkRest(sql.slice(statement.getSQL().length));
      const columns = statement.getColumnNames();
      const rows: SqlValue[][] = [];
      while (statement.step()) rows.push(statement.get());
      return { columns, rows };
    } catch (error) {
      const cause = this.#vfs.takeError();
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof SqlError) throw error;
      // "malformed JSON" is the question's fault.
      if (cause === null && !/disk image is malformed|not a database/.test(message))
        throw new SqlError(message);
      throw storeError(error, cause, this.#file);
    } finally {
      statement?.free();
    }
  }

  /** First column of the first row; null without rows. */
  value(sql: string, values: readonly SqlValue[] = []): SqlValue {
    return this.all(sql, values)[0]?.[0] ?? null;
  }

  /** Whatever SQLite tries from now on, nothing is written. */
  disown(): void {
    this.#connected.disown();
  }

  /** SQLite folds the log into the database and removes it; where it can't, the log stays and nothing is lost. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#wrap(() => {
      for (const statement of this.#statements.values()) statement.free();
      this.#statements.clear();
      this.#connected.db.close();
    });
  }

  #prepare(sql: string): SqlStatement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connected.db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #wrap<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#error(error);
    }
  }

  #error(error: unknown): StoreError {
    return storeError(error, this.#vfs.takeError(), this.#file);
  }
}
