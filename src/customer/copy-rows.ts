import { once } from "node:events";
import { finished } from "node:stream/promises";
import type { PoolClient } from "pg";
import { type CopyStreamQuery, from } from "pg-copy-streams";

/** Rows on their way into a table by COPY, in its text format. */
export class CopyRows {
  readonly #stream: CopyStreamQuery;
  #lines: string[] = [];

  constructor(client: PoolClient, table: string, columns: readonly string[]) {
    this.#stream = client.query(from(`COPY ${table} (${columns.join(", ")}) FROM STDIN`));
    // Reported by `write` and `end`; unheard it would end the process.
    this.#stream.on("error", () => undefined);
  }

  /** Takes rows until `flush`; a few hundred kilobytes at most should wait. */
  write(values: readonly (string | null)[]): void {
    const cells = values.map((value) => (value === null ? "\\N" : escaped(value)));
    const line = cells.join("\t");
    this.#lines.push(line);
  }

  async flush(): Promise<void> {
    if (this.#stream.errored) throw this.#stream.errored;
    if (this.#lines.length === 0) return;
    const text = `${this.#lines.join("\n")}\n`;
    this.#lines = [];
    if (!this.#stream.write(text)) await once(this.#stream, "drain");
  }

  async end(): Promise<void> {
    await this.flush();
    this.#stream.end();
    await finished(this.#stream);
  }
}

const special = /[\\\t\n\r]/;
const names: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\t": "\\t",
  "\n": "\\n",
  "\r": "\\r",
};

function escaped(value: string): string {
  return special.test(value)
    ? value.replaceAll(/[\\\t\n\r]/g, (character) => names[character] ?? character)
    : value;
}
