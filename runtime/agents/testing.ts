/** A server on loopback that speaks the Messages API, for tests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "../../plan/types.ts";

/** The body of one request as the server got it. */
export interface SeenRequest {
  readonly path: string;
  readonly authorization: string;
  readonly body: { readonly [key: string]: Json };
}

export type Turn =
  | {
      readonly content: readonly { readonly [key: string]: Json }[];
      readonly stopReason?: string;
      readonly latencyMs?: number;
      /** In place of 10 tokens read, 5 written, 2 of the cache. */
      readonly usage?: { readonly [name: string]: number };
    }
  | {
      readonly status: number;
      readonly headers?: { readonly [name: string]: string };
      readonly message?: string;
    }
  /** `reset` drops the connection before, `cut` in the middle of the answer; `silent` never answers. */
  | { readonly fault: "reset" | "cut" | "silent" };

export const say = (text: string): Turn => ({ content: [{ type: "text", text }] });
export const use = (name: string, input: Json, id = `toolu_${name}`): Turn => ({
  content: [{ type: "tool_use", id, name, input }],
  stopReason: "tool_use",
});
export const answer = (input: Json): Turn => use("answer", input, "toolu_answer");

export interface MessagesServer {
  readonly url: string;
  readonly requests: SeenRequest[];
  /** Requests that the client gave up. */
  readonly abandoned: number;
  close(): Promise<void>;
}

/** Answers the n-th request with the n-th turn; the last one repeats. */
export async function messagesServer(turns: readonly Turn[]): Promise<MessagesServer> {
  const requests: SeenRequest[] = [];
  let abandoned = 0;
  const server = createServer(async (request, response) => {
    const text = await bodyOf(request);
    const turn = turns[Math.min(requests.length, turns.length - 1)];
    requests.push({
      path: request.url ?? "",
      authorization: request.headers.authorization ?? String(request.headers["x-api-key"] ?? ""),
      body: JSON.parse(text) as { readonly [key: string]: Json },
    });
    response.on("close", () => {
      if (!response.writableEnded) abandoned++;
    });
    if (turn !== undefined) take(turn, response, requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    get abandoned() {
      return abandoned;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function take(turn: Turn, response: ServerResponse, number: number): void {
  if ("fault" in turn) {
    if (turn.fault === "reset") response.socket?.resetAndDestroy();
    if (turn.fault === "cut") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "500" });
      response.write('{"id":"msg_1","type":"mess');
      setTimeout(() => response.socket?.destroy(), 20);
    }
    return;
  }
  if ("status" in turn) {
    response.writeHead(turn.status, { "content-type": "application/json", ...turn.headers });
    response.end(JSON.stringify({ type: "error", error: { type: "error", message: turn.message ?? "no" } }));
    return;
  }
  const message = {
    id: `msg_${number}`,
    type: "message",
    role: "assistant",
    model: "claude-test",
    content: turn.content,
    stop_reason: turn.stopReason ?? "end_turn",
    stop_sequence: null,
    usage: {
      input_tokens: 10,
      output_tokens: 5,
      cache_read_input_tokens: 2,
      cache_creation_input_tokens: null,
      ...turn.usage,
    },
  };
  setTimeout(() => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(message));
  }, turn.latencyMs ?? 0);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
