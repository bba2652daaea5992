import { describe, expect, it } from "vitest";
import { build, memoryHost } from "../../index.ts";

async function compiled(head: string) {
  const text = `import { createSmithers } from "smithers";
import { z } from "zod";
${head}
const { Workflow, Task, smithers, outputs } = createSmithers({ at: z.object({ text: z.string() }) });
const codex = CodexAgent ? new CodexAgent({ model: "m" }) : null;
export default smithers(() => (
  <Workflow name="imports">
    {codex && <Task id="codex" output={outputs.at} agent={codex}>go</Task>}
  </Workflow>
));`;
  const files = { "/p/workflow.tsx": text, "/p/agents.ts": 'export { CodexAgent } from "smithers";' };
  const { plan, diagnostics } = await build("/p/workflow.tsx", { root: "/p", host: memoryHost(files) });
  return { agents: plan?.agents, codes: diagnostics.filter((d) => d.severity !== "info").map((d) => d.code) };
}

const CODEX = { codex: { kind: "cli:codex", model: "m", options: {} } };

describe("await import() at the top of a module", () => {
  it.each([
    [
      "let CodexAgent: any;\ntry { ({ CodexAgent } = await import('smithers')); } catch { CodexAgent = null; }",
    ],
    [
      "let CodexAgent = null;\ntry { ({ CodexAgent: CodexAgent } = await import('smithers')); } catch (e) { console.warn(e); }",
    ],
    ["let CodexAgent: any;\ntry { CodexAgent = (await import('smithers')).CodexAgent; } catch {}"],
    ["const { CodexAgent } = await import('smithers');"],
    ["const agents = await import('./agents.ts');\nconst { CodexAgent } = agents;"],
  ])("is an import: %s", async (head) => {
    expect(await compiled(head)).toEqual({ agents: CODEX, codes: [] });
  });

  it.each([
    [
      "let CodexAgent: any;\ntry { ({ CodexAgent } = await import('smithers')); } catch { CodexAgent = fallback(); }",
    ],
    ["let CodexAgent: any;\n({ CodexAgent } = await import('smithers'));\nCodexAgent = null;"],
    ["const name = 'smithers';\nconst { CodexAgent } = await import(name);"],
  ])("is refused where something else may give the value: %s", async (head) => {
    const { agents, codes } = await compiled(head);
    expect(agents).toBeUndefined();
    expect(codes.length).toBeGreaterThan(0);
  });
});
