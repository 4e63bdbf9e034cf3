import { join } from "node:path";
import type { JourneySummary, Summary } from "../demo/summary.ts";
import { currency } from "../demo/shop-product.ts";
import { say, sayTable } from "./output.ts";

/** The demo's summary for people. */
export function tellSummary(summary: Summary, folder: string): void {
  const { customers, orders, events, enrolled, holdout, messages, opened, clicked } = summary;
  say();
  sayTable(
    ["the shop", ""],
    [
      ["customers", customers],
      ["orders", orders],
      ["events", events],
      ["enrolled", enrolled],
      ["left alone (holdout)", holdout],
    ],
  );
  say();
  sayTable(
    ["messages", ""],
    Object.entries(messages).map(([state, count]) => [state, count]),
  );
  say();
  sayTable(
    ["reactions", "people", "machines"],
    [
      ["opened", opened.people, opened.machines],
      ["clicked", clicked.people, clicked.machines],
      ["unsubscribed", summary.unsubscribed, null],
      ["complained", summary.complained, null],
    ],
  );
  say();
  sayTable(
    [
      "journey",
      "enrolled",
      "sent",
      "clicked",
      "converted",
      "holdout converted",
      `value ${currency}`,
    ],
    summary.journeys.map(journeyRow),
  );
  say(`
sent twice: ${summary.sentTwice}
sent again (reported as not delivered): ${summary.sentAgain}
left over: ${summary.leftOver}
seconds: ${summary.seconds}
what was sent: ${join(folder, ".waypost", "outbox")}`);
}

function journeyRow(one: JourneySummary): (string | number)[] {
  return [
    one.journey,
    one.enrolled,
    one.messages,
    one.clicked,
    rate(one.converted, one.enrolled),
    one.holdout === 0 ? "-" : rate(one.convertedHoldout, one.holdout),
    Math.round(one.value),
  ];
}

function rate(part: number, whole: number): string {
  return whole === 0 ? "0" : `${part} (${((100 * part) / whole).toFixed(1)}%)`;
}
