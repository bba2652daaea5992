export { nearest } from "../plan/suggest.ts";
