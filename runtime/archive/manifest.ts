/** What stands in an exported run beside its files: which run it is, and what each file must be. */
import * as z from "zod";

/** Raised when an older reader would misunderstand an archive. */
export const FORMAT = 1;

export const MANIFEST = "manifest.json";
/** Larger ones are not ours. */
export const MANIFEST_BYTES = 64 * 1024 * 1024;

const file = z.strictObject({ bytes: z.int().nonnegative(), sha256: z.string().regex(/^[0-9a-f]{64}$/) });

export const manifestFile = z.object({
  kind: z.literal("smithers.run"),
  format: z.int().positive(),
  /** The id under which the run was started, and which it keeps for itself. */
  runId: z.string(),
  workflow: z.string(),
  status: z.string(),
  /** ISO time. */
  exportedAt: z.string(),
  files: z.record(z.string(), file),
});

export type Manifest = z.infer<typeof manifestFile>;

/** The database, in the archive as in the run's directory. */
export const DATABASE = "store/store.db";

/** All that a run's archive can hold. */
const PARTS = [/^store\/store\.db$/, /^store\/blobs\/sha256-[0-9a-f]{64}$/, /^inbox\/[\w-]{1,120}\.json$/];

/** In front of the files of a run that a node of another one holds, at any depth. */
const HELD = /^(?:children\/[A-Za-z0-9][A-Za-z0-9._@=,~-]{0,127}\/)+/;

/** Where a run of the archive stands, by one of its files: `""` is the run itself. */
export const heldIn = (name: string): string => HELD.exec(name)?.[0] ?? "";

/** Whether a run's directory has a file of that name, by its path with slashes. */
export function isPart(name: string): boolean {
  const held = heldIn(name);
  return !held.includes("..") && PARTS.some((part) => part.test(name.slice(held.length)));
}

/** The archive is damaged, or not one of a run. Nothing was written. */
export class ArchiveError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ArchiveError";
  }
}
