import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createExecutors, type Executors } from "./index.ts";
import { testContext, testPlan } from "./testing.ts";

let executors: Executors;
beforeAll(() => {
  executors = createExecutors();
});
afterAll(() => executors.close());

const plan = testPlan({
  schemas: {
    row: "z.object({ id: z.string(), n: z.number().default(1.5) })",
    tree: "z.object({ name: z.string(), kids: z.array(z.lazy(() => schema('tree'))).default([]) })",
  },
});

describe("a static task", () => {
  it("gives its payload as the schema makes it, the raw one kept", async () => {
    const result = await executors
      .get("static")
      .execute({ kind: "static", payload: { id: "a", extra: 1 }, schema: "row" }, testContext(plan));
    expect(result).toEqual({ ok: true, raw: { id: "a", extra: 1 }, value: { id: "a", n: 1.5 } });
  });

  it("fails for good when it does not fit", async () => {
    const result = await executors
      .get("static")
      .execute({ kind: "static", payload: { id: 1 }, schema: "row" }, testContext(plan));
    expect(result).toMatchObject({
      ok: false,
      error: { code: "OUTPUT_INVALID", message: expect.stringContaining("- id: "), retryable: false },
    });
  });

  it("without a schema is anything", async () => {
    expect(
      await executors
        .get("static")
        .execute({ kind: "static", payload: [null, "x"], schema: null }, testContext(plan)),
    ).toEqual({ ok: true, raw: [null, "x"], value: [null, "x"] });
  });

  it("may use a schema that refers to itself", async () => {
    const payload = { name: "a", kids: [{ name: "b" }] };
    expect(
      await executors.get("static").execute({ kind: "static", payload, schema: "tree" }, testContext(plan)),
    ).toMatchObject({ ok: true, value: { name: "a", kids: [{ name: "b", kids: [] }] } });
  });
});

describe("an executor", () => {
  it("refuses work of another kind", async () => {
    for (const kind of ["agent", "compute", "static"] as const) {
      const request =
        kind === "static"
          ? ({ kind: "compute", module: "m", captures: [], ctx: null, schema: null } as const)
          : ({ kind: "static", payload: 1, schema: null } as const);
      expect(await executors.get(kind).execute(request, testContext(plan))).toMatchObject({
        ok: false,
        error: { code: "INTERNAL" },
      });
    }
  });

  it("never throws for a plan that lacks what a task names", async () => {
    const context = testContext(plan);
    expect(
      await executors.get("static").execute({ kind: "static", payload: 1, schema: "nope" }, context),
    ).toMatchObject({ ok: false, error: { code: "INTERNAL", message: expect.stringContaining('"nope"') } });
    expect(
      await executors
        .get("compute")
        .execute({ kind: "compute", module: "nope", captures: [], ctx: null, schema: null }, context),
    ).toMatchObject({ ok: false, error: { code: "INTERNAL" } });
    expect(
      await executors
        .get("agent")
        .execute(
          { kind: "agent", agents: ["constructor"], prompt: "", schema: null, maxSchemaRetries: 0 },
          context,
        ),
    ).toMatchObject({ ok: false, error: { code: "INTERNAL" } });
  });
});
