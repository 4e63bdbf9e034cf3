/** The SQLSTATE of a database error (Postgres manual, appendix A); "" for any other error, such as a lost connection. */
export function sqlStateOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "";
}

/**
 * The fault of a row, so that others may do better: cardinality, data, integrity, what a trigger raised or broke, a view's
 * check, a limit that a long value goes beyond, and classes that are nobody's but a trigger's own (I to Z, but for Postgres' XX).
 */
export function isRowFault(error: unknown): boolean {
  return /^(2[1237]|3[89]|44|54|(?!XX)[I-Z])/.test(sqlStateOf(error));
}

/** The statement itself is refused, whatever rows there are: what it names is missing or of another type, or a right is. */
export function isRefusal(error: unknown): boolean {
  return sqlStateOf(error).startsWith("42");
}

/**
 * The server is not reached, or can write nothing for now, whatever it is asked: a connection that broke (the driver's words
 * or the network's code), no room or memory (53), a start or stop (57P), a disk that fails (58), a replica that has not taken over.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  if (/^E[A-Z]{4,}$/.test(code) || /^(08|53|57P|58|25006)/.test(code)) return true;
  return (
    code === "" && /\bconnection (terminated|error|closed)|timeout expired/i.test(error.message)
  );
}

/** A value that the driver cannot send, or another mistake in the code: no second try gets past it. */
export function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError;
}
