import { type RawBuilder, sql } from "kysely";
import { refusal } from "./refusal.ts";
import type { Scope } from "./scope.ts";

/** Strings and quoted names whole, then whatever could end the expression or hide text, then anything else. */
const token =
  /(?<text>(?<![\w$])[eE]'(?:[^'\\]|\\[^]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*")|(?<now>(?<![:\w]):now\b)|(?<bad>;|--|\/\*|\*\/|\$|['"]|\bset_config\b)|(?<paren>[()])|[^]/giu;

/**
 * An operator's own SQL expression, in parentheses and with `:now` bound. It is trusted as much as the file it comes
 * from, but kept to one expression, and to segments: those are evaluated alone, in a read-only transaction with a timeout.
 */
export function freeSql(text: string, scope: Scope): RawBuilder<boolean> {
  if (scope.sql !== true)
    throw refusal(
      "sql",
      "expected in segments only. Put it into a segment, and ask for segment: <name> here",
    );
  if ((scope.customer ?? "customer") !== "customer")
    throw refusal(
      "sql",
      `expected the customers row as "customer", found it as "${scope.customer}"`,
    );
  if (text.trim() === "") throw refusal("sql", "expected a boolean expression, found nothing");
  const parts: RawBuilder<unknown>[] = [];
  let depth = 0;
  for (const match of text.matchAll(token)) {
    const { now, bad, paren } = match.groups ?? {};
    if (bad !== undefined || match[0] === "\0")
      throw refusal(
        "sql",
        `expected one boolean expression, found ${JSON.stringify(match[0])}. Leave out semicolons, comments, dollar signs, set_config and open quotes`,
      );
    if (paren !== undefined) depth += paren === "(" ? 1 : -1;
    if (depth < 0) break;
    parts.push(now === undefined ? sql.raw(match[0]) : sql`${scope.now}::timestamptz`);
  }
  if (depth !== 0) throw refusal("sql", "expected as many closing parentheses as opening ones");
  return sql`(${sql.join(parts, sql``)})`;
}
