import type { z } from "zod";
import type { Provider } from "./channel.ts";

/**
 * What a provider's file or package exports as its default: the built-in ones and everybody else's alike.
 * `options` checks what the config says under `options:`; without it the options come as they stand.
 */
export interface ProviderPlugin<Options = unknown> {
  readonly name: string;
  /** The channels it can carry, such as `["email"]`; `"any"` when it does not mind. */
  readonly channels: readonly string[] | "any";
  readonly options?: z.ZodType<Options>;
  create(options: Options): Provider | Promise<Provider>;
}
