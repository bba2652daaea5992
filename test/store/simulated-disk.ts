/**
 * A disk in memory that remembers what a power loss may take: writes since a file's last sync, names of files and
 * directories since their directory's last sync. `after(n, …)` is what the machine finds when the power went after n operations: each unsynced
 * 512-byte sector kept, dropped or torn by itself, each unsynced name kept or dropped by itself.
 */
import path from "node:path";
import type { Disk } from "../../runtime/store/disk.ts";

const SECTOR = 512;

type Operation =
  | { readonly type: "create"; readonly name: string; readonly file: number }
  | { readonly type: "directory"; readonly name: string }
  | { readonly type: "remove"; readonly name: string }
  | { readonly type: "write"; readonly file: number; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: "truncate"; readonly file: number; readonly size: number }
  | { readonly type: "sync"; readonly file: number }
  | { readonly type: "syncDirectory"; readonly directory: string }
  | { readonly type: "mark"; readonly value: number };

/** Which syncs do nothing, for tests that must fail. */
export type Ignored = (file: string) => boolean;

export class SimulatedDisk implements Disk {
  readonly history: Operation[] = [];
  readonly #ignoreSync: Ignored;
  readonly #directories = new Set<string>();
  readonly #names = new Map<string, number>();
  readonly #files = new Map<number, { bytes: Uint8Array; size: number; mtimeMs: number; name: string }>();
  readonly #open = new Map<number, number>();
  #nextFile = 1;
  #nextFd = 1;
  #clock = 1e9;

  constructor(image: ReadonlyMap<string, Uint8Array> = new Map(), ignoreSync: Ignored = () => false) {
    this.#ignoreSync = ignoreSync;
    for (const [name, bytes] of image) {
      for (const directory of this.#makeDirectories(path.dirname(name)))
        this.#record({ type: "syncDirectory", directory: path.dirname(directory) });
      const file = this.#create(name);
      this.#record({ type: "write", file, at: 0, bytes });
      this.#record({ type: "sync", file });
      this.#record({ type: "syncDirectory", directory: path.dirname(name) });
      const made = this.#file(file);
      made.mtimeMs = 0;
    }
  }

  /** Notes a fact of the test among the operations, such as an acknowledgement. */
  mark(value: number): void {
    this.history.push({ type: "mark", value });
  }

  /** Last mark among the first `count` operations. */
  markedAfter(count: number): number {
    return this.history.slice(0, count).reduce((last, op) => (op.type === "mark" ? op.value : last), 0);
  }

  /** What is on disk when the power goes after `count` operations. `random` gives numbers in [0, 1). */
  after(count: number, random: () => number): Map<string, Uint8Array> {
    const model = new Surviving(random);
    for (const operation of this.history.slice(0, count)) model.apply(operation);
    return model.image();
  }

  open(file: string, flags: "r" | "r+" | "wx+"): number {
    const name = path.resolve(file);
    const existing = this.#names.get(name);
    if (flags === "wx+" && existing !== undefined) throw fault("EEXIST", name);
    if (flags !== "wx+" && existing === undefined) throw fault("ENOENT", name);
    const fd = this.#nextFd;
    this.#nextFd += 1;
    this.#open.set(fd, existing ?? this.#create(name));
    return fd;
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  read(fd: number, bytes: Uint8Array, at: number, length: number, position: number): number {
    const file = this.#file(this.#fileOf(fd));
    const got = Math.max(0, Math.min(length, file.size - position));
    bytes.set(file.bytes.subarray(position, position + got), at);
    return got;
  }

  write(fd: number, bytes: Uint8Array, at: number, length: number, position: number): void {
    const file = this.#fileOf(fd);
    this.#record({ type: "write", file, at: position, bytes: bytes.slice(at, at + length) });
  }

  truncate(fd: number, size: number): void {
    this.#record({ type: "truncate", file: this.#fileOf(fd), size });
  }

  size(fd: number): number {
    return this.#file(this.#fileOf(fd)).size;
  }

  sync(fd: number): void {
    const file = this.#fileOf(fd);
    if (!this.#ignoreSync(this.#file(file).name)) this.#record({ type: "sync", file });
  }

  syncDirectory(directory: string): void {
    this.#record({ type: "syncDirectory", directory: path.resolve(directory) });
  }

  makeDirectory(directory: string): void {
    this.#makeDirectories(path.resolve(directory));
  }

  link(from: string, to: string): void {
    const file = this.#names.get(path.resolve(from));
    if (file === undefined) throw fault("ENOENT", from);
    if (this.#names.has(path.resolve(to))) throw fault("EEXIST", to);
    this.#record({ type: "create", name: path.resolve(to), file });
  }

  unlink(file: string): void {
    if (!this.#names.has(path.resolve(file))) throw fault("ENOENT", file);
    this.#record({ type: "remove", name: path.resolve(file) });
  }

  list(directory: string): string[] {
    const here = path.resolve(directory);
    return [...this.#names.keys()].filter((n) => path.dirname(n) === here).map((n) => path.basename(n));
  }

  stat(file: string): { readonly size: number; readonly mtimeMs: number } | null {
    const found = this.#names.get(path.resolve(file));
    if (found !== undefined) return this.#file(found);
    return this.#directories.has(path.resolve(file)) ? { size: 0, mtimeMs: 0 } : null;
  }

  /** @returns those that were not there, outermost first */
  #makeDirectories(directory: string): string[] {
    const above = path.dirname(directory);
    if (above === directory || this.#directories.has(directory)) return [];
    const made = this.#makeDirectories(above);
    this.#record({ type: "directory", name: directory });
    return [...made, directory];
  }

  #create(name: string): number {
    const file = this.#nextFile;
    this.#nextFile += 1;
    this.#files.set(file, { bytes: new Uint8Array(4096), size: 0, mtimeMs: this.#clock, name });
    this.#record({ type: "create", name, file });
    return file;
  }

  #fileOf(fd: number): number {
    const file = this.#open.get(fd);
    if (file === undefined) throw fault("EBADF", String(fd));
    return file;
  }

  #file(file: number): { bytes: Uint8Array; size: number; mtimeMs: number; name: string } {
    const found = this.#files.get(file);
    if (!found) throw new Error(`no file ${file}`);
    return found;
  }

  #record(operation: Operation): void {
    this.history.push(operation);
    switch (operation.type) {
      case "create":
        this.#names.set(operation.name, operation.file);
        return;
      case "directory":
        this.#directories.add(operation.name);
        return;
      case "remove":
        this.#names.delete(operation.name);
        return;
      case "write": {
        const file = this.#file(operation.file);
        const end = operation.at + operation.bytes.length;
        if (end > file.bytes.length) file.bytes = grown(file.bytes, end * 2);
        file.bytes.set(operation.bytes, operation.at);
        file.size = Math.max(file.size, end);
        file.mtimeMs = this.#clock;
        return;
      }
      case "truncate": {
        const file = this.#file(operation.file);
        if (operation.size > file.bytes.length) file.bytes = grown(file.bytes, operation.size);
        file.bytes.fill(0, Math.min(operation.size, file.size));
        file.size = operation.size;
        return;
      }
      case "sync":
      case "syncDirectory":
      case "mark":
        return;
      default: {
        const never: never = operation;
        throw new Error(`unknown operation ${JSON.stringify(never)}`);
      }
    }
  }
}

type Change = Extract<Operation, { type: "write" | "truncate" }>;
type Naming = Extract<Operation, { type: "create" | "directory" | "remove" }>;

/** What survives: everything synced, and of the rest what chance leaves. */
class Surviving {
  readonly #random: () => number;
  readonly #names = new Map<string, number>();
  readonly #directories = new Map<string, "lost" | "kept">();
  readonly #files = new Map<number, Uint8Array>();
  readonly #changes = new Map<number, Change[]>();
  #namings: Naming[] = [];

  constructor(random: () => number) {
    this.#random = random;
  }

  apply(operation: Operation): void {
    switch (operation.type) {
      case "directory":
        this.#directories.set(operation.name, "lost");
        this.#namings.push(operation);
        return;
      case "create":
      case "remove":
        this.#namings.push(operation);
        return;
      case "write":
      case "truncate":
        this.#changes.set(operation.file, [...(this.#changes.get(operation.file) ?? []), operation]);
        return;
      case "sync":
        for (const change of this.#changes.get(operation.file) ?? []) this.#keep(change);
        this.#changes.delete(operation.file);
        return;
      case "syncDirectory": {
        const here = (n: Naming): boolean => path.dirname(n.name) === operation.directory;
        for (const naming of this.#namings.filter(here)) this.#name(naming);
        this.#namings = this.#namings.filter((n) => !here(n));
        return;
      }
      case "mark":
        return;
      default: {
        const never: never = operation;
        throw new Error(`unknown operation ${JSON.stringify(never)}`);
      }
    }
  }

  image(): Map<string, Uint8Array> {
    // One power loss tends to keep or to drop; extremes find other faults than even odds.
    const keeps = [0, 0.1, 0.5, 0.9, 1][Math.floor(this.#random() * 5)] ?? 0.5;
    for (const changes of this.#changes.values()) for (const change of changes) this.#chance(change, keeps);
    for (const naming of this.#namings) if (this.#random() < keeps) this.#name(naming);
    const image = new Map<string, Uint8Array>();
    for (const [name, file] of this.#names)
      if (!this.#isLost(path.dirname(name))) image.set(name, this.#files.get(file) ?? new Uint8Array(0));
    return image;
  }

  /** With the name of a directory all that is in it is gone, synced or not. */
  #isLost(directory: string): boolean {
    const above = path.dirname(directory);
    return this.#directories.get(directory) === "lost" || (above !== directory && this.#isLost(above));
  }

  #chance(change: Change, keeps: number): void {
    if (change.type === "truncate") {
      if (this.#random() < keeps) this.#keep(change);
      return;
    }
    const end = change.at + change.bytes.length;
    for (let at = change.at; at < end; ) {
      const next = Math.min(end, (Math.floor(at / SECTOR) + 1) * SECTOR);
      if (this.#random() < keeps) {
        const torn = this.#random() < 0.1 ? at + Math.floor(this.#random() * (next - at)) : next;
        const bytes = change.bytes.subarray(at - change.at, torn - change.at);
        this.#keep({ type: "write", file: change.file, at, bytes });
      }
      at = next;
    }
  }

  #keep(change: Change): void {
    const bytes = this.#files.get(change.file) ?? new Uint8Array(0);
    if (change.type === "truncate") {
      this.#files.set(change.file, grown(bytes, change.size));
      return;
    }
    const end = change.at + change.bytes.length;
    // Sector after sector of one file: only those that make it longer copy it.
    const whole = end > bytes.length ? grown(bytes, end) : bytes;
    whole.set(change.bytes, change.at);
    this.#files.set(change.file, whole);
  }

  #name(naming: Naming): void {
    if (naming.type === "create") this.#names.set(naming.name, naming.file);
    else if (naming.type === "directory") this.#directories.set(naming.name, "kept");
    else this.#names.delete(naming.name);
  }
}

/** A copy of `size` bytes, filled up with zeros. */
function grown(bytes: Uint8Array, size: number): Uint8Array {
  const whole = new Uint8Array(size);
  whole.set(bytes.subarray(0, Math.min(bytes.length, size)));
  return whole;
}

function fault(code: string, name: string): Error {
  return Object.assign(new Error(`${code}: ${name}`), { code });
}
