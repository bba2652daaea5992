/**
 * Schemas as people write them, compiled and parsed with by the runtime, against the same source run with Zod itself:
 * data, issues with their paths and messages, and JSON Schemas must be equal.
 */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { build, formatDiagnostic, memoryHost } from "../compiler/index.ts";
import type { Json, Plan } from "../plan/types.ts";
import { jsonSchemaOf, PlanSchemas } from "../plan/zod/index.ts";
import { FORMS } from "./schema-forms.ts";

async function compiled(source: string, imports = 'import { z } from "zod";'): Promise<Plan> {
  const text = `import { AnthropicAgent, createSmithers } from "smithers";
${imports}
${source}
const { Workflow, Task, smithers, outputs } = createSmithers({ out });
const agent = new AnthropicAgent({ model: "m" });
export default smithers(() => <Workflow name="w"><Task id="t" output={outputs.out} agent={agent}>x</Task></Workflow>);
`;
  const host = memoryHost({ "/p/workflow.tsx": text });
  const { plan, diagnostics, sources } = await build("/p/workflow.tsx", { root: "/p", host });
  const errors = diagnostics.filter((d) => d.severity === "error");
  expect(errors.map((d) => formatDiagnostic(sources, d))).toEqual([]);
  return plan!;
}

const executed = (source: string): z.ZodType => new Function("z", `${source}\nreturn out;`)(z) as z.ZodType;

function verdict(schema: z.ZodType, input: Json): unknown {
  const result = schema.safeParse(structuredClone(input));
  if (result.success) return { data: result.data };
  return { issues: result.error.issues.map(({ code, path, message }) => ({ code, path, message })) };
}

describe("a schema of the source", () => {
  it.each(FORMS.map((form) => [form.name, form] as const))("%s", async (_, { source, inputs }) => {
    const plan = await compiled(source);
    const ours = new PlanSchemas(plan).get("out");
    const theirs = executed(source);
    for (const input of inputs) expect(verdict(ours, input)).toEqual(verdict(theirs, input));
    expect(
      inputs.some((input) => !("data" in (verdict(theirs, input) as object))) || inputs.length === 1,
    ).toBe(true);
    if (!Object.keys(plan.schemas).some((name) => name.startsWith("$")))
      expect(plan.schemas.out?.jsonSchema).toEqual(jsonSchemaOf(theirs, "output"));
  });

  it.each([
    ['import * as z from "zod";', "const out = z.object({ a: z.string() });"],
    ['import * as z from "zod/v4";', "const out = z.object({ a: z.string() });"],
    ['import z from "zod";', "const out = z.object({ a: z.string() });"],
    ['import { z as zod } from "zod";', "const out = zod.object({ a: zod.string() });"],
    ['import { object, string as text } from "zod";', "const out = object({ a: text() });"],
    ['import { z } from "zod/v4";', "const { object, string } = z; const out = object({ a: string() });"],
    [
      'import type { ZodType } from "zod"; import { z } from "zod";',
      "type Out = z.infer<typeof out>; const out = z.object({ a: z.string() }) satisfies ZodType; export type X = Out;",
    ],
  ])("may be imported as %s", async (imports, source) => {
    const plan = await compiled(source, imports);
    expect(plan.schemas.out?.zod).toBe("z.object({ a: z.string() })");
  });
});
