/** A store right after its migrations, ready to be written as a file: running them costs a start more than all else here. */
import { gunzipSync } from "node:zlib";
import { EMPTY_STORE } from "./empty.gen.ts";

export function emptyStore(): Uint8Array {
  return gunzipSync(Buffer.from(EMPTY_STORE, "base64"));
}
