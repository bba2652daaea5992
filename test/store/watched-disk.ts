/** A disk that tells of each operation before it happens, and may make it fail, and after. */
import type { Disk } from "../../runtime/store/disk.ts";

export interface Watched {
  readonly name: "open" | "create" | "write" | "truncate" | "sync" | "syncDirectory" | "link" | "unlink";
  readonly file: string;
  /** Of a write. */
  readonly position: number;
}

export interface Watcher {
  /** Throwing makes the operation fail with that error. */
  before?(operation: Watched): void;
  after?(operation: Watched): void;
}

export function watch(disk: Disk, watcher: Watcher): Disk {
  const files = new Map<number, string>();
  const told = <T>(name: Watched["name"], file: string, position: number, work: () => T): T => {
    const operation = { name, file, position };
    watcher.before?.(operation);
    const result = work();
    watcher.after?.(operation);
    return result;
  };
  const of = (fd: number): string => files.get(fd) ?? "";
  return {
    ...disk,
    open: (file, flags) => {
      const fd = told(flags === "wx+" ? "create" : "open", file, 0, () => disk.open(file, flags));
      files.set(fd, file);
      return fd;
    },
    write: (fd, bytes, at, length, position) =>
      told("write", of(fd), position, () => disk.write(fd, bytes, at, length, position)),
    truncate: (fd, size) => told("truncate", of(fd), size, () => disk.truncate(fd, size)),
    sync: (fd) => told("sync", of(fd), 0, () => disk.sync(fd)),
    syncDirectory: (directory) => told("syncDirectory", directory, 0, () => disk.syncDirectory(directory)),
    link: (from, to) => told("link", to, 0, () => disk.link(from, to)),
    unlink: (file) => told("unlink", file, 0, () => disk.unlink(file)),
  };
}
