import type { Backtest } from "../rehearsal/backtest.ts";
import { besideLines } from "../rehearsal/beside.ts";
import type { Findings } from "../rehearsal/findings.ts";
import { writeMoment } from "../rehearsal/moment.ts";
import { counted, plain, say, sayTable } from "./output.ts";

/** The findings for people, as tables. */
export function tellFindings(
  { from, until, copied, findings }: Backtest,
  label: string,
  zone: string,
): void {
  say(`${label} from ${writeMoment(from, zone)} to ${writeMoment(until, zone)}; nothing was sent`);
  const rows = Object.entries(copied).filter(([, count]) => count > 0);
  say(`copied: ${rows.map(([table, count]) => `${count} ${table}`).join(", ")}`);
  tellJourneys(findings, label === "simulate");
  tellMessages(findings);
  tellCollisions(findings);
  const beside = besideLines(findings.pools, findings.unplayed);
  if (beside.length > 0) say(`\n${beside.map(plain).join("\n")}`);
}

/** Before a simulation some are inside already. */
function tellJourneys({ journeys }: Findings, isUnderway: boolean): void {
  const before = <T>(cell: T) => (isUnderway ? [cell] : []);
  // Ahead, customers do nothing: that none converts says nothing.
  const anyway = <T>(cell: T) => (isUnderway ? [] : [cell]);
  say();
  sayTable(
    [
      "journey",
      ...before("inside before"),
      "enrolled",
      "holdout",
      "messages",
      "completed",
      "exited",
      "held",
      "inside",
      ...anyway("converted anyway"),
    ],
    journeys.map((one) => [
      one.journey,
      ...before(one.before),
      one.enrolled,
      one.holdout,
      one.sent,
      one.completed,
      Object.values(one.exited).reduce((sum, count) => sum + count, 0),
      one.held,
      one.inside,
      ...anyway(
        one.enrolled === 0
          ? "-"
          : `${one.converted} (${((100 * one.converted) / one.enrolled).toFixed(1)}%)`,
      ),
    ]),
  );
}

function tellMessages({ steps, channels, losses }: Findings): void {
  tellTable(
    ["journey", "step", "channel", "sent", "put off", "lost"],
    steps.map((one) => [one.journey, one.step, one.channel, one.sent, one.putOff, one.lost]),
  );
  tellTable(
    ["channel", "messages", "segments", "cost"],
    channels.map(({ channel, messages, segments, cost }) => [
      channel,
      messages,
      segments,
      cost === null ? "-" : `${cost.amount.toFixed(2)} ${cost.currency}`,
    ]),
  );
  tellTable(
    ["not sent", "journey", "channel", "messages"],
    losses.map(({ reason, journey, channel, messages }) => [reason, journey, channel, messages]),
  );
}

function tellTable(...[heading, rows]: Parameters<typeof sayTable>): void {
  if (rows.length === 0) return;
  say();
  sayTable(heading, rows);
}

function tellCollisions({ collisions: { customerDays, customers, pairs } }: Findings): void {
  say(
    `\n${counted(customerDays, "time")} a customer would have had more than one message on a day (${counted(customers, "customer")})`,
  );
  for (const pair of pairs) say(`  ${pair.customerDays} × ${pair.journeys.join(" + ")}`);
}
