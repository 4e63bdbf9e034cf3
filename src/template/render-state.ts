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

/** What was found, short enough for a message. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
