/** The SQLSTATE of a database error (Postgres manual, appendix A); "" for any other error, such as a lost connection. */
export function sqlStateOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "";
}

/** Cardinality, data, integrity, raised by a trigger: the fault of a row, so that others may do better. */
export function isRowFault(error: unknown): boolean {
  return /^(21|22|23|P0)/.test(sqlStateOf(error));
}
