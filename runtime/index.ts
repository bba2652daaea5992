/** `smithers/runtime`: plans are run, resumed, decided and looked at through this and nothing else. */
export { InputError } from "./input.ts";
export {
  type PreviewFrame,
  type PreviewOptions,
  type PreviewRow,
  type PreviewTask,
  previewFrame,
} from "./preview.ts";
export * from "./store/store.ts";
