import type { Condition } from "../journey/condition.ts";

type Row = Readonly<Record<string, unknown>>;

/** What was seen, as a person says it: "GB", "4 orders, 312.50 GBP in all, the last on 2026-03-01 10:00". */
export function describeSeen(condition: Condition, value: unknown): string {
  const row: Row = typeof value === "object" && value !== null ? (value as Row) : {};
  switch (condition.kind) {
    case "event":
      return times(row, condition.name);
    case "orders":
      return times(row, row["count"] === 1 ? "order" : "orders", totalOf(row));
    case "segment":
      return membership(row);
    case "consent":
      return value === null ? "nothing on record" : consent(row);
    case "message":
      return value === null ? "no such message" : message(row);
    case "task":
      return typeof row["outcome"] === "string" ? row["outcome"] : "no outcome yet";
    case "voucher":
      return value === null ? "none" : voucher(row);
    case "sql":
      return "asked as SQL";
    default:
      return plainly(value);
  }
}

function plainly(value: unknown): string {
  if (value === null || value === undefined) return "nothing there";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function times(row: Row, noun: string, total = ""): string {
  const count = Number(row["count"] ?? 0);
  if (count === 0) return `no ${noun}`;
  const last = moment(row["last"]);
  const since =
    count === 1 ? ` on ${last}` : `, the first on ${moment(row["first"])}, the last on ${last}`;
  return `${count} ${noun}${total}${since}`;
}

function totalOf(row: Row): string {
  const currencies = Array.isArray(row["currencies"]) ? row["currencies"].join(" and ") : "";
  return `, ${Number(row["total"] ?? 0).toFixed(2)} ${currencies} in all`;
}

function membership(row: Row): string {
  const { entered_at: entered, left_at: left, refreshed_at: refreshed } = row;
  const asOf =
    typeof refreshed === "string" ? `, as of ${moment(refreshed)}` : ", never worked out";
  if (typeof entered !== "string") return `not a member${asOf}`;
  if (typeof left === "string")
    return `was a member from ${moment(entered)} to ${moment(left)}${asOf}`;
  return `a member since ${moment(entered)}${asOf}`;
}

function consent(row: Row): string {
  const what = `${everything(row["channel"], "every channel")} · ${everything(row["topic"], "every topic")}`;
  const expires =
    typeof row["expires_at"] === "string" ? `, until ${moment(row["expires_at"])}` : "";
  return `${String(row["state"])} for ${what} on ${moment(row["occurred_at"])} (${String(row["method"])})${expires}`;
}

function everything(name: unknown, all: string): string {
  return name === "*" ? all : String(name);
}

const doings = ["sent", "delivered", "opened", "clicked", "bounced", "unsubscribed"] as const;

function message(row: Row): string {
  const happened = doings.flatMap((doing) => {
    const at = row[`${doing}_at`];
    return typeof at === "string" ? [`${doing} ${moment(at)}`] : [];
  });
  const reason = typeof row["reason"] === "string" ? ` (${row["reason"]})` : "";
  return [`${String(row["channel"])} ${String(row["state"])}${reason}`, ...happened].join(", ");
}

function voucher(row: Row): string {
  const said = (["handed_out", "redeemed", "expires"] as const).flatMap((what) => {
    const at = row[`${what}_at`];
    return typeof at === "string" ? [`${what.replace("_", " ")} ${moment(at)}`] : [];
  });
  return said.join(", ");
}

/** Timestamps inside JSON are texts of UTC. */
function moment(at: unknown): string {
  const instant = new Date(String(at));
  return Number.isNaN(instant.getTime())
    ? String(at)
    : `${instant.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
