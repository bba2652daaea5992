/**
 * The places of a run where a kill matters, by name. Those of one list are struck in one run, a life each, in this order:
 * what a killed life was about to do is done again by the next one, so the next name is met.
 */
import type { TaskRequest } from "../../runtime/executors/executor.ts";
import type { Watched } from "../store/watched-disk.ts";
import type { Strike } from "./strike.ts";

export interface Boundary {
  readonly name: string;
  readonly strike: Strike;
}

export interface Course {
  readonly name: string;
  /** What the run's store is before its first life: nothing, or a database of version 0. */
  readonly store: "none" | "old";
  readonly boundaries: readonly Boundary[];
}

type When = "before" | "after";

const disk = (name: string, when: When, operation: Watched["name"], file: string, nth = 1): Boundary => ({
  name,
  strike: { on: "disk", when, operation, file, nth },
});
const attempt = (
  name: string,
  at: Extract<Strike, { readonly on: "attempt" }>["at"],
  kind: TaskRequest["kind"],
  nth = 1,
): Boundary => ({ name, strike: { on: "attempt", at, kind, nth } });
const event = (name: string, when: "at" | "after", type: string, nth = 1): Boundary => ({
  name,
  strike: { on: "event", when, type, nth },
});

/** The first commit and all before it; then the end, which the run comes to in one life. */
const birthAndEnd: Course = {
  name: "birth-and-end",
  store: "none",
  boundaries: [
    disk("before the lock is made", "before", "link", "store/lock."),
    disk("after the lock is made, before it is ready", "after", "link", "store/lock."),
    disk("while the database is made", "after", "write", ".db.new"),
    disk("before the made database is on disk", "before", "sync", ".db.new"),
    disk("before the made database has its name", "before", "link", "store.db"),
    disk("after the made database has its name", "after", "link", "store.db"),
    disk("before the lock says that it is ready", "before", "write", "store/lock.", 2),
    disk("before the ready lock is on disk", "before", "sync", "store/lock."),
    disk("after the ready lock is on disk", "after", "sync", "store/lock."),
    disk("before the first commit is written", "before", "write", "store/store.log"),
    disk("after the first commit is on disk", "after", "sync", "store/store.log"),
    event("when the run has finished, before anybody knows", "at", "run.finished"),
    disk("before the log is removed at the end", "before", "unlink", "store/store.log", 2),
    disk("after the log is removed at the end", "after", "unlink", "store/store.log", 2),
    disk("before the database is made an ordinary one", "before", "sync", "store/store.db"),
    disk("before the run is given back", "before", "sync", "store/lock.", 2),
  ],
};

/** No attempt is lost between the two failures that are retried: a lost one counts as made. */
const migrationAndRetries: Course = {
  name: "migration-and-retries",
  store: "old",
  boundaries: [
    disk("while migrating, before it is written", "before", "write", "store/store.log", 2),
    disk("while migrating, before it is on disk", "before", "sync", "store/store.log", 2),
    disk("while migrating, after it is on disk", "after", "sync", "store/store.log", 2),
    event("in the pause before a retry", "after", "task.retrying"),
    event("in the pause before the second retry", "after", "task.retrying"),
  ],
};

const steps: Course = {
  name: "steps",
  store: "none",
  boundaries: [
    attempt("after the commit, before a process is handed its work", "handing", "compute"),
    // From here on no process is ready ahead: the lives are resumed ones.
    attempt("after hand-out, before its process is recorded", "recording", "compute"),
    attempt("after its process is recorded, before work is handed to it", "recorded", "compute"),
    attempt("between a process's result and its commit", "answered", "compute"),
    disk("before a commit is written", "before", "write", "store/store.log", 2),
    disk("after a commit is written, before its sync", "before", "sync", "store/store.log", 2),
    disk("after the sync of a commit, before its acknowledgement", "after", "sync", "store/store.log", 2),
    attempt("after the commit, before an agent's attempt is handed out", "handing", "agent", 2),
    attempt("between an agent's result and its commit", "answered", "agent"),
    event("while the listener hears of a result", "at", "task.finished"),
    event("after the effects", "after", "task.finished"),
    event("while a resumed run begins", "at", "run.resumed"),
    event("while a process works", "at", "task.stdout"),
    event("while a process that was started anew works", "after", "task.stdout"),
  ],
};

const largeOutputs: Course = {
  name: "large-outputs",
  store: "none",
  boundaries: [
    disk("before a large output is written", "before", "write", "blobs/draft-"),
    disk("after a large output is written, before its sync", "before", "sync", "blobs/draft-"),
    disk("after the sync of a large output, before it has its name", "before", "link", "blobs/sha256-"),
    disk("after a large output has its name, before that is on disk", "after", "link", "blobs/sha256-"),
    disk("before the second large output is on disk", "before", "syncDirectory", "store/blobs", 2),
    disk("after a large output is on disk, before its commit", "after", "syncDirectory", "store/blobs"),
  ],
};

const checkpoints: Course = {
  name: "checkpoints",
  store: "none",
  boundaries: [
    disk("at the first page of a checkpoint", "before", "write", "store/store.db", 3),
    disk("with some pages of a checkpoint copied", "after", "write", "store/store.db", 12),
    disk("with all pages of a checkpoint copied, before its sync", "before", "sync", "store/store.db", 2),
    disk("after the sync of a checkpoint", "after", "sync", "store/store.db", 2),
    disk("at the first page when a dead owner's log is folded in", "after", "write", "store/store.db"),
    disk("before the sync of what is folded in", "before", "sync", "store/store.db"),
    disk("before the log that was folded in is removed", "before", "unlink", "store/store.log"),
    disk("after the log that was folded in is removed", "after", "unlink", "store/store.log"),
    disk("before an earlier lock is removed", "before", "unlink", "store/lock.", 2),
  ],
};

/** What comes from outside: signals with the first frame; a decision and the timer later, with one commit. */
const outside: Course = {
  name: "outside",
  store: "none",
  boundaries: [
    disk("when a signal is on disk, before its file is removed", "before", "unlink", "inbox/signal-"),
    disk("after a signal's file is removed", "after", "unlink", "inbox/signal-"),
    disk("with the files of some signals removed", "before", "unlink", "inbox/signal-", 2),
    disk("when a decision is on disk, before its file is removed", "before", "unlink", "inbox/decision-"),
    event("while a timer runs", "after", "run.resumed"),
    event("when a timer has fired", "at", "timer.fired"),
    event("after a decision is on disk", "after", "approval.decided"),
    event("when a signal is delivered", "at", "signal.delivered"),
  ],
};

/** A saga whose last step failed. */
const compensations: Course = {
  name: "compensations",
  store: "none",
  boundaries: [
    event("when a step of a saga has failed, before anybody knows", "at", "task.failed"),
    attempt("before a compensation is handed out", "handing", "agent"),
    attempt("between a compensation's result and its commit", "answered", "agent"),
    event("when a compensation is on disk, before anybody knows", "at", "task.finished"),
    attempt("between two compensations", "handing", "agent"),
  ],
};

/** Tools of an agent: each step is on disk before anything follows from it. */
const conversation: Course = {
  name: "conversation",
  store: "none",
  boundaries: [
    event("when an agent has said which tool it calls, before anybody knows", "at", "agent.turn"),
    event("while a tool works", "after", "tool.started"),
    event("when a tool has ended, before anybody knows", "at", "tool.finished"),
    event("while a tool waits for a person", "after", "task.suspended"),
    event("when a person has agreed to a tool, before anybody knows", "at", "tool.decided"),
    event("after the last tool has ended", "after", "tool.finished"),
  ],
};

/** A branch that fails while others go on, and the run's end, after which something is still to be done. */
const control: Course = {
  name: "control",
  store: "none",
  boundaries: [
    // The first is that of the saga.
    event("when a branch has taken the others along, before anybody knows", "at", "task.failed", 2),
    event("when a branch has failed, before anybody knows", "at", "task.failed"),
    event("after a phase has ended", "after", "phase.finished"),
    event("when the author's end is reached, before anybody knows", "at", "end.reached"),
    attempt("before what is done in every outcome is handed out", "handing", "agent"),
  ],
};

export const courses: readonly Course[] = [
  birthAndEnd,
  migrationAndRetries,
  steps,
  largeOutputs,
  checkpoints,
  outside,
  compensations,
  conversation,
  control,
];
