/** What has to be ended, newest first, whichever way the run ends. */
export class Closers {
  #closers: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  /** Returns a function that closes this one early. */
  add(close: () => Promise<void> | void): () => Promise<void> {
    this.#closers.push(close);
    return async () => {
      if (!this.#closers.includes(close)) return;
      this.#closers = this.#closers.filter((other) => other !== close);
      await close();
    };
  }

  /** One that fails does not keep the others open. */
  close(): Promise<void> {
    return (this.#closing ??= this.#closeAll());
  }

  async #closeAll(): Promise<void> {
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      try {
        await close();
      } catch (thrown) {
        process.stderr.write(`${String(thrown)}\n`);
      }
    }
  }
}

/** Ctrl-C ends the servers and removes the folders; a second one does not wait for that. */
export function endOnSignal(closers: Closers, say: (text: string) => void): void {
  let asked = 0;
  const end = () => {
    asked += 1;
    if (asked > 1) process.exit(130);
    say("\nending the servers and removing what was made");
    void closers.close().then(() => process.exit(130));
  };
  // Whoever read what we say is gone, as with `| head`.
  process.stdout.on("error", () => void closers.close().then(() => process.exit(130)));
  process.on("SIGINT", end);
  process.on("SIGTERM", end);
}
