/** What can stand where the cursor is. Says nothing rather than anything wrong, and never fails. */
import { rootOf } from "../options.ts";
import { addressName } from "../render/address.ts";

type Known = (root: string, run: string | undefined) => Promise<readonly string[]>;

/** Options that are followed by a value; other words that begin with a dash stand alone. */
const VALUED: ReadonlySet<string> = new Set(
  "root select rank notes done node after type by note iteration script input resume run-id correlation-id output as older-than max-frames max-wall-clock max-tokens max-tool-calls max-iterations max-cost status keep format frame host now outputs max-severity"
    .split(" ")
    .flatMap((name) => [`--${name}`]),
).add("-o");

/**
 * Runs, nodes and signals that can stand where the cursor is; null where commands, options or files are meant.
 *
 * @param words the line behind the command's own name, the last one as far as it is typed; "" where it is about to begin
 * @param commands the commands as they are declared (`approve <run> [node]`)
 */
export async function recorded(
  words: readonly string[],
  commands: readonly string[],
): Promise<readonly string[] | null> {
  const known = knownAt(words, commands);
  const current = words.at(-1) ?? "";
  if (!known || current.startsWith("-")) return null;
  try {
    const found = await known.list(rootOf({ root: known.root }), known.run);
    return found.filter((one) => one.startsWith(current));
  } catch {
    return [];
  }
}

function knownAt(words: readonly string[], commands: readonly string[]) {
  const places: string[] = [];
  let root: string | undefined;
  for (let n = 0; n < words.length - 1; n++) {
    const word = words[n] ?? "";
    if (word === "--root") root = words[n + 1];
    if (VALUED.has(word)) n++;
    else if (!word.startsWith("-")) places.push(word);
  }
  const [command, run] = places;
  const before = words.at(-2) ?? "";
  if (before === "--resume") return { list: runs, root, run };
  if (before === "--node") return { list: nodes, root, run };
  if (VALUED.has(before)) return null;
  const declared = commands.find((one) => one.split(" ")[0] === command)?.split(" ") ?? [];
  const place = declared[places.length];
  const list =
    place === "<run>"
      ? runs
      : place === "[node]" || place === "<node>" || place === "<name>"
        ? answersOf(command)
        : null;
  return list && { list, root, run };
}

function answersOf(command: string | undefined): Known {
  switch (command) {
    case "approve":
    case "deny":
    case "answer":
    case "resolve":
      return questions;
    case "signal":
      return signals;
    default:
      return nodes;
  }
}

const runs: Known = async (root) => {
  const { runIds } = await import("../../runtime/runs.ts");
  return runIds(root).toReversed();
};

const nodes: Known = async (root, run) => (await tasksOf(root, run)).map(addressName);

/** What waits for people, by its address. */
const questions: Known = async (root, run) => {
  if (run === undefined) return [];
  const { inspect } = await import("../../runtime/index.ts");
  const { result } = await inspect(run, { root });
  return (result?.waitingFor ?? []).map(addressName);
};

/** What is waited for, by name. */
const signals: Known = async (root, run) => {
  const { askedSignal } = await import("../../runtime/requests/answers.ts");
  const open = (await tasksOf(root, run)).filter(({ kind, state }) => kind === "wait" && state === "waiting");
  return [...new Set(open.map(({ reason }) => askedSignal(reason).event))];
};

/** By the store's reader alone: the whole runtime takes longer to load than a person waits for a key. */
async function tasksOf(root: string, run: string | undefined) {
  if (run === undefined) return [];
  const [{ reading }, { runDirectory }] = await Promise.all([
    import("../../runtime/reading.ts"),
    import("../../runtime/runs.ts"),
  ]);
  return (await reading(runDirectory(root, run), (reader) => reader.journal())).tasks;
}
