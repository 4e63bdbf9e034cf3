import { WaypostError } from "../errors.ts";
import type { Need } from "./require-values.ts";
import type { TrackUrl, Variables } from "./template.ts";

/** What helpers know beyond their arguments: whose message this is and how it is written. */
export interface RenderState {
  readonly file: string;
  readonly needs: readonly Need[];
  readonly root: Variables;
  /** Of the text: `de`. */
  readonly language: string;
  /** Of dates and amounts: `de-AT`. */
  readonly locale: string;
  readonly zone: string;
  readonly currency: string;
  readonly isEmail: boolean;
  readonly track: TrackUrl;
}

/** The last argument Handlebars gives to every helper. */
export interface HelperCall {
  readonly hash: Readonly<Record<string, unknown>>;
  readonly data: HelperScope;
  readonly fn: BlockBody;
  readonly inverse: BlockBody;
}

/** The `@` variables: `@root`, `@language`, `@index` and, out of an operator's reach, the state. */
export interface HelperScope {
  readonly root: Variables;
  readonly language: string;
  readonly state: RenderState;
}

type BlockBody = (
  context: unknown,
  options?: { readonly data?: unknown; readonly blockParams?: readonly unknown[] },
) => string;

export function problemIn(state: Pick<RenderState, "file">, message: string): WaypostError {
  return new WaypostError("WAYPOST_TEMPLATE", `${state.file}: ${message}`);
}

/** A value in the words of a message; nothing for what is absent. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

/** Template and line, and in brackets the layout or partial when it is read there; and what is read. */
export function placeOf(
  state: RenderState,
  need: number,
): { readonly path: string; readonly file: string } {
  const { file = state.file, line = 1, path = "?" } = state.needs[need] ?? {};
  return {
    path,
    file: file === state.file ? `${file}:${line}` : `${state.file} (${file}:${line})`,
  };
}

/** What is wrong with what a helper was given, at the place of its call: `hi.sms.hbs:3: money entry.total: expected …`. */
export function refusal(call: Pick<HelperCall, "data" | "hash">, message: string): WaypostError {
  const at = call.hash["at_"];
  if (typeof at !== "number") return problemIn(call.data.state, message);
  const { path, file } = placeOf(call.data.state, at);
  return problemIn({ file }, `${path}: ${message}`);
}

/** What was found, never the value itself: reasons are kept and logged, and hold nothing of a customer. */
export function kindOf(value: unknown): string {
  if (isBlank(value)) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "boolean") return "true or false";
  if (typeof value === "number") return "a number";
  return typeof value === "string" ? "another text" : "an object";
}

export function isBlank(value: unknown): boolean {
  return (
    value === null || value === undefined || (typeof value === "string" && value.trim() === "")
  );
}
