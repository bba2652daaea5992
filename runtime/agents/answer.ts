import type { Json } from "../../plan/types.ts";
import { formatIssues, type Issue } from "../../plan/zod/index.ts";
import type { Answer } from "./provider.ts";

type Given = Extract<Answer, { readonly ok: true }>;

/** What an answer may mean as output, best first. `structured`: whether a schema waits for it, or any text will do. */
export function candidates(answer: Given, structured: boolean): readonly Json[] {
  switch (answer.type) {
    case "value":
      return [answer.value];
    case "text":
      return ofText(answer.text, structured);
    case "result":
      return ofResult(answer.result, structured);
  }
}

/** An answer as a transcript shows it. */
export function answerText(answer: Given): string {
  switch (answer.type) {
    case "text":
      return answer.text;
    case "value":
      return JSON.stringify(answer.value);
    case "result":
      return typeof answer.result === "string" ? answer.result : JSON.stringify(answer.result);
  }
}

/** Whether there was anything to check against a schema but bare text. */
export function holdsJson(answer: Given): boolean {
  return candidates(answer, true).some((candidate) => typeof candidate !== "string");
}

function ofText(text: string, structured: boolean): readonly Json[] {
  const json = structured ? jsonIn(text) : undefined;
  return json === undefined ? [text] : [json, text];
}

/** Agent libraries give objects that hold the answer as `output`, `object` or `text`, beside usage and steps. */
function ofResult(result: Json, structured: boolean): readonly Json[] {
  if (typeof result === "string") return ofText(result, structured);
  if (typeof result !== "object" || result === null || Array.isArray(result)) return [result];
  const { output, object, text } = result as { readonly [key: string]: Json };
  const texts = typeof text === "string" ? ofText(text, structured) : [];
  const held = [output, object].filter((value) => value !== undefined && value !== null);
  return structured ? [result, ...held, ...texts] : [...texts, ...held, result];
}

/** The JSON that a text is or holds: all of it, else its last fenced block that parses, else the last object or array in it. */
export function jsonIn(text: string): Json | undefined {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  const fenced = [...text.matchAll(/```[\w-]*[^\S\n]*\n([\s\S]*?)```/g)].map((match) => match[1] ?? "");
  for (const block of fenced.reverse()) {
    const json = parse(block);
    if (json !== undefined) return json;
  }
  return lastBalanced(text);
}

/** What goes back to the agent whose answer failed its schema. */
export function correction(issues: readonly Issue[], hadJson: boolean): string {
  const list = issues.map((issue) => `- ${formatIssues([issue])}`).join("\n");
  const what = hadJson ? "does not satisfy the schema" : "holds no JSON that satisfies the schema";
  return `Your answer ${what}:\n${list}\n\nAnswer again with the complete, corrected JSON and nothing else.`;
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** One pass over the text keeps this linear: candidates are the outermost balanced brackets, strings respected. */
function lastBalanced(text: string): Json | undefined {
  let found: Json | undefined;
  let start = -1;
  const open: string[] = [];
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (inString) {
      if (char === "\\") at++;
      else if (char === '"') inString = false;
    } else if (char === '"' && open.length > 0) inString = true;
    else if (char === "{" || char === "[") {
      if (open.length === 0) start = at;
      open.push(char === "{" ? "}" : "]");
    } else if ((char === "}" || char === "]") && open.length > 0) {
      if (open.pop() !== char) open.length = 0;
      else if (open.length === 0) found = parse(text.slice(start, at + 1)) ?? found;
    }
  }
  return found;
}
