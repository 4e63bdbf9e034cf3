import type { Backtest } from "./backtest.ts";
import { besideLines } from "./beside.ts";
import { type Column, barList, columnChart, escaped } from "./bar-chart.ts";
import type { Findings, JourneyFindings } from "./findings.ts";
import { writeMoment } from "./moment.ts";
import { reportStyle } from "./report-style.ts";

export interface Told extends Backtest {
  readonly label: "backtest" | "simulate";
  readonly zone: string;
  readonly currency: string;
}

/** The findings as one page that needs nothing else: no script, no font, no picture from anywhere. */
export function report(told: Told): string {
  const { label, from, until, zone, findings } = told;
  const title = label === "backtest" ? "Backtest" : "Simulation";
  const time = `${writeMoment(from, zone)} to ${writeMoment(until, zone)}`;
  const parts = [
    `<header><h1>${title}</h1><p>${escaped(time)}, ${escaped(zone)}. Nothing was sent.</p></header>`,
    figures(told),
    section("Messages over time", chartOf(findings)),
    ...findings.journeys.map((journey) => journeySection(journey, told)),
    section("Not sent, and why", lossesOf(findings)),
    section("More than one message on a day", collisionsOf(findings)),
    section("What it costs", costsOf(findings)),
    ...besideOf(findings),
    section(
      "What this does not know",
      `<ul class="caveats">${caveats(label)
        .map((one) => `<li>${escaped(one)}</li>`)
        .join("")}</ul>`,
    ),
  ];
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Waypost ${title.toLowerCase()}</title><style>${reportStyle}</style></head><body><main>${parts.join("\n")}</main></body></html>
`;
}

function section(title: string, body: string): string {
  return `<section><h2>${escaped(title)}</h2>${body}</section>`;
}

function figures({ findings, copied }: Told): string {
  const sum = (of: (one: JourneyFindings) => number) =>
    findings.journeys.reduce((total, one) => total + of(one), 0);
  const all: readonly (readonly [string, number])[] = [
    ["customers", copied["customers"] ?? 0],
    ["enrolled", sum(({ enrolled }) => enrolled)],
    ["messages", sum(({ sent }) => sent)],
    ["not sent", findings.losses.reduce((total, { messages }) => total + messages, 0)],
    ["days with two or more", findings.collisions.customerDays],
  ];
  return `<dl class="figures">${all.map(([name, count]) => `<div><dt>${name}</dt><dd>${count.toLocaleString("en")}</dd></div>`).join("")}</dl>`;
}

/** Days where there are few, weeks where there are many. */
function chartOf({ days, channels }: Findings): string {
  if (days.length === 0) return "<p>No message would have been sent.</p>";
  const names = channels.map(({ channel }) => channel);
  const isLong = new Set(days.map(({ day }) => day)).size > 100;
  const columns = new Map<string, number[]>();
  for (const label of labelsBetween(days[0]?.day ?? "", days.at(-1)?.day ?? "", isLong))
    columns.set(
      label,
      names.map(() => 0),
    );
  for (const { day, channel, messages } of days) {
    const parts = columns.get(isLong ? weekOf(day) : day);
    const of = names.indexOf(channel);
    if (parts !== undefined) parts[of] = (parts[of] ?? 0) + messages;
  }
  const drawn = [...columns].map(([label, parts]): Column => ({ label: label.slice(5), parts }));
  return `<p>By ${isLong ? "week" : "day"}.</p>${columnChart(names, drawn)}`;
}

function labelsBetween(first: string, last: string, isLong: boolean): readonly string[] {
  const labels: string[] = [];
  const day = new Date(isLong ? weekOf(first) : first);
  while (day.toISOString().slice(0, 10) <= last) {
    labels.push(day.toISOString().slice(0, 10));
    day.setUTCDate(day.getUTCDate() + (isLong ? 7 : 1));
  }
  return labels;
}

/** The Monday of the week. */
function weekOf(day: string): string {
  const date = new Date(day);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function journeySection(journey: JourneyFindings, { label, findings, currency }: Told): string {
  const { enrolled, holdout, before, converted, undecided, value } = journey;
  const rate = enrolled === 0 ? "0" : ((100 * converted) / enrolled).toFixed(1);
  const anyway =
    label === "backtest" && enrolled > 0
      ? `<p><b>${converted.toLocaleString("en")}</b> of ${enrolled.toLocaleString("en")} enrolled (${rate}%) reached the goal in its window all by themselves, worth ${amount(value, currency)}: no message reached them. What a journey adds comes on top of this.${undecided > 0 ? ` For ${undecided.toLocaleString("en")} the window was still open at the end.` : ""}</p>`
      : "";
  const steps = findings.steps.filter((one) => one.journey === journey.journey);
  const sends = steps.map(({ step, channel, sent, putOff, lost }) => {
    const notes = [
      putOff > 0 ? `${putOff} put off by hours or a cap` : "",
      lost > 0 ? `${lost} not sent` : "",
    ].filter((note) => note !== "");
    return {
      label: `${step}, ${channel}`,
      value: sent,
      ...(notes.length > 0 && { note: notes.join("; ") }),
    };
  });
  const ways = [
    { label: "completed", value: journey.completed },
    ...Object.entries(journey.exited).map(([reason, count]) => ({
      label: `exited: ${reason}`,
      value: count,
    })),
    { label: "still inside", value: journey.inside },
    { label: "held", value: journey.held },
    { label: "left alone (holdout)", value: holdout },
  ].filter(({ value: count }) => count > 0);
  const body = `${anyway}<h3>Messages by step</h3>${sends.length === 0 ? "<p>None.</p>" : barList(sends)}<h3>What became of ${(enrolled + holdout + before).toLocaleString("en")} passages</h3>${ways.length === 0 ? "<p>Nobody entered.</p>" : barList(ways)}`;
  return section(journey.journey, body);
}

function lossesOf({ losses }: Findings): string {
  if (losses.length === 0) return "<p>Everything that was planned would have been sent.</p>";
  return barList(
    losses.map(({ reason, journey, channel, messages }) => ({
      label: reason,
      value: messages,
      note: `${journey}, ${channel}`,
    })),
  );
}

function collisionsOf({ collisions }: Findings): string {
  const { customerDays, customers, pairs } = collisions;
  if (customerDays === 0) return "<p>Nobody would have had two on one day.</p>";
  const bars = pairs.map(({ journeys, customerDays: days }) => ({
    label: journeys.length === 1 ? `${journeys[0] ?? ""}, twice or more` : journeys.join(" + "),
    value: days,
  }));
  const of = `${several(customers, "customer")}, ${several(customerDays, "day")} in all`;
  return `<p>${of}. A cap in waypost.yaml holds such messages back.</p>${barList(bars)}`;
}

function costsOf({ channels }: Findings): string {
  const rows = channels.map(({ channel, messages, segments, cost }) => {
    const price = cost === null ? "no price set" : amount(cost.amount, cost.currency);
    return `<tr><td>${escaped(channel)}</td><td>${messages.toLocaleString("en")}</td><td>${segments === null ? "" : segments.toLocaleString("en")}</td><td>${price}</td></tr>`;
  });
  return `<table><thead><tr><th>channel</th><th>messages</th><th>segments</th><th>cost</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

/** "8,865.30 GBP" */
function amount(value: number, currency: string): string {
  const two = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return escaped(`${value.toLocaleString("en", two)} ${currency}`);
}

function several(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}

function besideOf({ pools, unplayed }: Findings): readonly string[] {
  const lines = besideLines(pools, unplayed);
  if (lines.length === 0) return [];
  return [
    section(
      "Vouchers, calls and tasks",
      `<ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join("")}</ul>`,
    ),
  ];
}

function caveats(label: Told["label"]): readonly string[] {
  const silent =
    "Nobody opens, clicks, leaves or bounces here, so branches that ask for it go the other way, and splits find no winner.";
  return label === "backtest"
    ? [
        silent,
        "Customers are as they are today, attributes and addresses included; what they agreed to, bought and did is as it was then.",
        "The journeys begin empty on the first day; nobody has been through them before.",
        "What was really sent at that time is in what customers did.",
        "The clock moves in steps: what happens within one is dealt with at its end, in its order.",
      ]
    : [
        silent,
        "Nobody orders or does anything else, so journeys that start with an event let nobody in.",
        "Who is inside a journey now goes on from there.",
      ];
}
