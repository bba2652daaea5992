import { describe, expect, it } from "vitest";
import { planOf, value } from "../../test/plans.ts";
import { previewFrame } from "../preview.ts";
import { Cell, Graph, Source } from "./cell.ts";

const LENGTH = 5_000;

/** A chain of cells, each one more than the one before; the first reads `source`. */
function chain(graph: Graph, source: Source<number>, length = LENGTH): Cell[] {
  const cells: Cell[] = [];
  for (let index = 0; index < length; index++) {
    const before = cells.at(-1) ?? source;
    cells.push(new Cell(graph, `c${index}`, (reader) => (before.read(reader) as number) + 1));
  }
  return cells;
}

describe("cells", () => {
  it("evaluate a chain of 5,000 from scratch, and the same one incrementally", () => {
    const graph = new Graph();
    const source = new Source(graph, 0);
    const last = chain(graph, source).at(-1) as Cell;
    expect(last.pull()).toEqual({ kind: "value", value: LENGTH });
    source.set(7);
    const fresh = new Graph();
    const scratch = chain(fresh, new Source(fresh, 7)).at(-1) as Cell;
    expect(last.pull()).toEqual(scratch.pull());
    expect(last.pull()).toEqual({ kind: "value", value: LENGTH + 7 });
  });

  it("evaluate each link of a deep chain a bounded number of times", () => {
    const graph = new Graph();
    const counts = new Map<string, number>();
    let before: Cell | null = null;
    for (let index = 0; index < LENGTH; index++) {
      const read = before;
      before = new Cell(graph, `c${index}`, (reader) => {
        counts.set(`c${index}`, (counts.get(`c${index}`) ?? 0) + 1);
        return read ? (read.read(reader) as number) + 1 : 0;
      });
    }
    before?.pull();
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(4);
  });

  it("are evaluated only when what they read changed, and not beyond an equal value (SEMANTICS 10)", () => {
    const graph = new Graph();
    const a = new Source(graph, 1);
    const b = new Source(graph, 1);
    const ran: string[] = [];
    const cell = (name: string, compute: (reader: Cell) => unknown) =>
      new Cell(graph, name, (reader) => {
        ran.push(name);
        return compute(reader);
      });
    const sign = cell("sign", (reader) => Math.sign(a.read(reader)));
    const onlyB = cell("onlyB", (reader) => b.read(reader));
    const end = cell("end", (reader) => [sign.read(reader), onlyB.read(reader)].join());
    end.pull();
    ran.length = 0;
    a.set(2);
    end.pull();
    expect(ran).toEqual(["sign"]);
    b.set(5);
    expect(end.pull()).toEqual({ kind: "value", value: "1,5" });
    expect(ran).toEqual(["sign", "onlyB", "end"]);
  });

  it("follow reads that come and go", () => {
    const graph = new Graph();
    const which = new Source(graph, true);
    const a = new Source(graph, "a");
    const b = new Source(graph, "b");
    let runs = 0;
    const cell = new Cell(graph, "c", (reader) => {
      runs++;
      return which.read(reader) ? a.read(reader) : b.read(reader);
    });
    cell.pull();
    b.set("B");
    cell.pull();
    expect(runs).toBe(1);
    which.set(false);
    expect(cell.pull()).toEqual({ kind: "value", value: "B" });
    a.set("A");
    cell.pull();
    expect(runs).toBe(2);
    expect(a.readers.size).toBe(0);
  });

  it("depending on themselves are an error, near and far", () => {
    const graph = new Graph();
    const near: Cell = new Cell(graph, "near", (reader) => near.read(reader));
    expect(near.pull()).toMatchObject({ kind: "error", error: { message: "near depends on itself" } });
    const ring: Cell[] = [];
    for (let index = 0; index < 100; index++)
      ring.push(new Cell(graph, `r${index}`, (reader) => (ring[(index + 1) % 100] as Cell).read(reader)));
    expect(ring[0]?.pull()).toMatchObject({ kind: "error", error: { message: /^r\d+ depends on itself$/ } });
  });
});

describe("named values", () => {
  it("may stand in a chain of 5,000 on one scope", () => {
    const values: { [name: string]: { expr: string; reads: readonly string[] } } = {
      v0: { expr: "ctx.input.n", reads: [] },
    };
    for (let index = 1; index < LENGTH; index++)
      values[`v${index}`] = { expr: `v${index - 1} + 1`, reads: [] };
    const plan = planOf({
      w: { kind: "workflow", values },
      a: value(0, { payload: { $: `({ v: v${LENGTH - 1} })` } }),
    });
    expect(previewFrame(plan, { n: 2 }, []).tasks[0]?.payload).toEqual({ v: LENGTH + 1 });
  });
});
