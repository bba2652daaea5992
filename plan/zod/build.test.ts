import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { Expr } from "../core/ast.ts";
import { buildZod, fieldsOf, jsonSchemaOf, parseWith, ZodBuildError } from "./index.ts";

const lit = (value: string | number | boolean | null): Expr => ({ type: "Literal", value });
const name = (id: string): Expr => ({ type: "Name", name: id });
const call = (object: Expr, property: string, ...args: Expr[]): Expr => ({
  type: "Call",
  callee: { type: "Member", object, property },
  args,
});
const zcall = (property: string, ...args: Expr[]): Expr => call(name("z"), property, ...args);
const object = (fields: { readonly [key: string]: Expr }): Expr => ({
  type: "Object",
  props: Object.entries(fields).map(([key, value]) => ({ type: "Property", key, value })),
});

describe("buildZod from trees", () => {
  it("builds what the construction says", () => {
    const built = buildZod(
      call(
        zcall(
          "object",
          object({ id: call(zcall("string"), "min", lit(1)), n: call(zcall("number"), "default", lit(3)) }),
        ),
        "strict",
      ),
    );
    expect(parseWith(built, { id: "a" })).toEqual({ ok: true, value: { id: "a", n: 3 } });
    expect(parseWith(built, { id: "", x: 1 })).toMatchObject({ ok: false });
    expect(jsonSchemaOf(built, "input")).toEqual(
      jsonSchemaOf(z.object({ id: z.string().min(1), n: z.number().default(3) }).strict(), "input"),
    );
    expect([...fieldsOf(built)!.fields.keys()]).toEqual(["id", "n"]);
  });

  it("refuses what the whitelist does not name", () => {
    expect(() => buildZod(zcall("map", zcall("string"), zcall("string")))).toThrow(ZodBuildError);
    expect(() => buildZod(zcall("constructor"))).toThrow(/not part of/);
    expect(() => buildZod(call(zcall("string"), "parse", lit("x")))).toThrow(/not part of/);
  });
});
