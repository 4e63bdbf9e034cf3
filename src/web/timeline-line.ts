import { briefly } from "../customer/briefly.ts";
import type { TimelineEntry } from "../customer/timeline.ts";

/** An entry as the timeline shows it: what happened, a line of detail, and where to read more. */
export interface TimelineLine {
  readonly kind: TimelineEntry["kind"];
  readonly at: Date;
  readonly title: string;
  readonly state: string | null;
  readonly href: string | null;
  readonly detail: string | null;
  /** Of an order. */
  readonly total: number | null;
  readonly currency: string | null;
}

export function timelineLine(entry: TimelineEntry): TimelineLine {
  const { kind, at, title, state, id, detail } = entry;
  const line = { kind, at, title, state, href: null, total: null, currency: null };
  const text = (key: string) => (typeof detail[key] === "string" ? detail[key] : null);
  switch (kind) {
    case "event":
      return { ...line, detail: briefly(detail) };
    case "order":
      return {
        ...line,
        title: `Order ${title}`,
        total: Number(detail["total"] ?? 0),
        currency: text("currency"),
        detail: linesOf(Number(detail["lines"] ?? 0)),
      };
    case "message":
      return {
        ...line,
        title: text("subject") ?? title,
        href: `/messages/${id}`,
        detail: said(text("channel"), title, text("journey"), text("reason")),
      };
    case "enrollment":
      return {
        ...line,
        state: detail["holdout"] === true ? "holdout" : state,
        href: `/journeys/${encodeURIComponent(title)}`,
        detail: said(text("step"), text("reason")),
      };
    case "consent":
      return { ...line, title: scopeOf(title), detail: said(text("method"), text("source")) };
  }
}

function said(...parts: readonly (string | null)[]): string | null {
  const words = parts.filter((part) => part !== null);
  return words.length === 0 ? null : words.join(" · ");
}

function linesOf(count: number): string | null {
  return count === 0 ? null : count === 1 ? "1 line" : `${count} lines`;
}

/** "email · offers"; a star is every one. */
function scopeOf(title: string): string {
  const [channel = "", topic = ""] = title.split(" · ");
  return `${channel === "*" ? "every channel" : channel} · ${topic === "*" ? "every topic" : topic}`;
}
