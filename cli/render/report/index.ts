/** The formats of a report that programs read. Text is no part of it: it is printed file by file, as people want it. */
import type { Report } from "../../report.ts";
import { renderGithub } from "./github.ts";
import { renderGitlab } from "./gitlab.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderSarif } from "./sarif.ts";

export const FORMATS = ["text", "json", "sarif", "github", "gitlab", "junit", "markdown"] as const;

export type Format = (typeof FORMATS)[number];

export const RENDERERS: { readonly [format in Exclude<Format, "text">]: (report: Report) => string } = {
  json: renderJson,
  sarif: renderSarif,
  github: renderGithub,
  gitlab: renderGitlab,
  junit: renderJunit,
  markdown: renderMarkdown,
};
