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
        process.stderr.write(`bench: ${String(thrown)}\n`);
      }
    }
  }
}
