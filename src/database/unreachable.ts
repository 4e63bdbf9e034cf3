import { WaypostError, reasonOf } from "../errors.ts";

/** Codes of the network and of Postgres for a database that cannot be used at all, with what to do about each. */
const remedies: Readonly<Record<string, string>> = {
  ECONNREFUSED: "start the server, or correct host and port",
  ENOTFOUND: "correct the host",
  EAI_AGAIN: "correct the host, or see to the name service",
  EHOSTUNREACH: "see to the network, or correct the host",
  ENETUNREACH: "see to the network, or correct the host",
  ETIMEDOUT: "see to the network and its firewalls, or correct host and port",
  ECONNRESET: "see whether the server is starting, or wants TLS (add ?sslmode=require)",
  ENOENT: "start the server, or correct the folder of its socket",
  EACCES: "let this user use the server's socket",
  "08P01":
    "put the address of Postgres itself there: a pooler such as PgBouncer does not let sessions be set up as Waypost needs them",
  "25006":
    "connect to the primary: this server is a replica, or set to read only (default_transaction_read_only)",
  "3D000": "create the database, or correct its name",
  "28000": "correct user and password, or let the user in (pg_hba.conf)",
  "28P01": "correct user and password",
  "42501":
    "let the user create its schemas (GRANT CREATE ON DATABASE … TO …), or create them for it: CREATE SCHEMA waypost AUTHORIZATION …; CREATE SCHEMA waypost_queue AUTHORIZATION …",
  "53300": "raise max_connections, or run fewer processes",
  "57P03": "wait until the server has started",
};

/** The error for an operator whose database cannot be used; anything else is returned as it was thrown. */
export function explainUnreachable(thrown: unknown, url: string): unknown {
  const code = codeOf(thrown);
  const remedy = remedies[code];
  if (thrown instanceof WaypostError || remedy === undefined) return thrown;
  return new WaypostError(
    "WAYPOST_DATABASE",
    `DATABASE_URL: expected a Postgres that can be used at ${withoutPassword(url)}, got "${reasonOf(thrown) || code}"; ${remedy}, or unset DATABASE_URL to run Waypost's own`,
    { cause: thrown },
  );
}

/** Several addresses that all refuse come as one error without a text of its own; the driver's own limit has no code. */
function codeOf(thrown: unknown): string {
  if (reasonOf(thrown) === "timeout expired") return "ETIMEDOUT";
  return thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
}

function withoutPassword(url: string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return "the address given";
  const user = parsed.username === "" ? "" : `${parsed.username}@`;
  return `${parsed.protocol}//${user}${parsed.host}${parsed.pathname}`;
}
