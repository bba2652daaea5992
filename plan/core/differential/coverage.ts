import { compare } from "./compare.ts";

/** What became of the cells *form × receiver type*: how often V8 and Core agreed, and what went otherwise. */
export class Coverage {
  readonly cells = new Map<string, { same: number; refused: number }>();
  readonly mismatches: string[] = [];

  /** Runs one program for a cell. */
  check(cell: string, program: string): void {
    const counts = this.cells.get(cell) ?? { same: 0, refused: 0 };
    this.cells.set(cell, counts);
    const result = compare(program);
    switch (result.kind) {
      case "same":
        counts.same++;
        return;
      case "refused":
        counts.refused++;
        return;
      case "different":
        this.mismatches.push(`${program}\n  V8   ${result.v8}\n  Core ${result.core}`);
        return;
      default:
        result.kind satisfies never;
    }
  }

  /** Cells in which nothing but refusals was ever seen. */
  refusedCells(): string[] {
    return [...this.cells].filter(([, { same }]) => same === 0).map(([cell]) => cell);
  }

  /** One line a form: its cells, how many agreed, how many are refused. */
  summary(title: string): string {
    const programs = [...this.cells.values()].reduce((sum, { same, refused }) => sum + same + refused, 0);
    const refused = this.refusedCells().length;
    return (
      `${title}: ${this.cells.size} cells of form × receiver type, ${this.cells.size - refused} equal to V8, ` +
      `${refused} refused as declared, ${this.mismatches.length} mismatches, ${programs} programs`
    );
  }
}
