/** Zod from the text of a plan, and what can be said about it (DESIGN §5 "Schemas"). */
export { type BuildOptions, buildZod } from "./build.ts";
export { PlanEnv } from "./core.ts";
export { ZodBuildError } from "./error.ts";
export { type Field, type Fields, fieldsOf } from "./fields.ts";
export { jsonSchemaOf, plainJsonSchema, type Side } from "./json-schema.ts";
export {
  formatIssues,
  type Issue,
  issuesOfKnown,
  type Parsed,
  type PlacedIssue,
  parseWith,
} from "./parse.ts";
export { PlanSchemas, type SchemaTexts } from "./plan-schemas.ts";
export { type NoJsonForm, noJsonForm } from "./serial.ts";
export { type Skew, skewsOf } from "./skew.ts";
export { CONSTRUCTORS, GETTERS, GROUPS, METHODS, REFUSED } from "./table.ts";
export { takesText } from "./text.ts";
