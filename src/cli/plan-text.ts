import { styleText } from "node:util";
import {
  type Line,
  describeJourneyPlan,
  differenceLines,
  headline,
  messagesTitle,
  templateLine,
  templatesTitle,
} from "../plan/describe-plan.ts";
import { type JourneyPlan, type Plan, hasChanges, isRefused } from "../plan/plan.ts";
import type { SegmentPlan } from "../plan/diff-segments.ts";
import { counted, plain, say } from "./output.ts";

/** The plan for people: what changes first, and what comes of it. */
export function tellPlan(plan: Plan): void {
  const shown = plan.journeys.filter(
    (one) => one.outcome !== "unchanged" || one.audience !== null || isMoving(one),
  );
  for (const journey of shown) tellJourney(journey, plan.days);
  for (const segment of plan.segments)
    if (segment.outcome !== "unchanged" || segment.members !== null) tellSegment(segment);
  if (plan.templates.length > 0) tellTemplates(plan);
  const still = plan.journeys.length - shown.length;
  if (still > 0) say(`${counted(still, "journey")} unchanged`);
  say(hasChanges(plan) ? summary(plan) : "Nothing to apply: the files are what is in force.");
}

function isMoving({ inFlight }: JourneyPlan): boolean {
  return inFlight.some(({ fate }) => fate !== "drains");
}

const marks: Readonly<Record<JourneyPlan["outcome"], Line["mark"]>> = {
  created: "+",
  changed: "~",
  restored: "+",
  archived: "-",
  unchanged: " ",
};

function tellJourney(plan: JourneyPlan, days: number): void {
  say(
    `${styleText("bold", coloured(marks[plan.outcome], plan.journey))}  ${plain(headline(plan))}`,
  );
  for (const { title, lines } of describeJourneyPlan(plan, days)) {
    say(`  ${title}`);
    for (const line of lines) say(`    ${coloured(line.mark, line.text)}`);
    if (title !== messagesTitle(days)) continue;
    for (const { channel, perDay } of plan.messages?.channels ?? [])
      say(`      ${styleText("dim", `${plain(channel)} by day ${sparkline(perDay, days)}`)}`);
  }
  say();
}

function tellTemplates({ templates }: Plan): void {
  say(templatesTitle);
  for (const line of templates.map(templateLine)) say(`    ${coloured(line.mark, line.text)}`);
  say();
}

function tellSegment({ segment, outcome, from, to, members }: SegmentPlan): void {
  const mark =
    outcome === "created" ? "+" : outcome === "removed" ? "-" : outcome === "changed" ? "~" : " ";
  say(`${styleText("bold", coloured(mark, `segment ${segment}`))}  ${outcome}`);
  if (from !== null && outcome === "changed") say(`    ${coloured("-", from)}`);
  if (to !== null && outcome !== "unchanged") say(`    ${coloured("+", to)}`);
  if (members !== null)
    for (const line of differenceLines(members, outcome === "created" ? null : "now"))
      say(`    ${coloured(line.mark, line.text)}`);
  say();
}

const colours = { "+": "green", "-": "red", "~": "yellow", "!": "magenta" } as const;

function coloured(mark: Line["mark"], text: string): string {
  const line = `${mark} ${plain(text)}`;
  return mark === " " ? line : styleText(colours[mark], line);
}

const heights = "▁▂▃▄▅▆▇█";

/** A bar a day, from the first day on which anything is sent. */
function sparkline(perDay: Readonly<Record<string, number>>, days: number): string {
  const sent = Object.entries(perDay);
  const most = Math.max(...sent.map(([, count]) => count));
  const first = Date.parse(sent[0]?.[0] ?? "1970-01-01");
  const bars = Array.from({ length: days }, (_, day) => {
    const count = perDay[new Date(first + day * 86_400_000).toISOString().slice(0, 10)];
    if (count === undefined) return " ";
    return heights[Math.min(7, Math.floor((8 * count) / most))] ?? "";
  });
  return `${sent[0]?.[0] ?? ""} ${bars.join("").trimEnd()}`;
}

function summary(plan: Plan): string {
  const { journeys, segments, templates, seconds } = plan;
  const many = (outcome: JourneyPlan["outcome"]) =>
    journeys.filter((one) => one.outcome === outcome).length;
  const changed = segments.filter(({ outcome }) => outcome !== "unchanged").length;
  const parts = [
    [many("created"), "new"],
    [many("changed"), "changed"],
    [many("restored"), "back"],
    [many("archived"), "archived"],
  ] as const;
  const words = parts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []));
  const moving = journeys.filter(isMoving).length;
  const all = [
    ...(words.length === 0 ? [] : [`journeys: ${words.join(", ")}`]),
    ...(moving === 0 ? [] : [`customers move in ${counted(moving, "journey")}`]),
    ...(templates.length === 0 ? [] : [`other templates: ${templates.length}`]),
    ...(changed === 0 ? [] : [`${counted(changed, "segment")} change${changed === 1 ? "s" : ""}`]),
  ];
  const then = isRefused(plan)
    ? '"waypost apply" would refuse it, and do nothing: see above'
    : '"waypost apply" does it';
  return `${all.join("; ")} (planned in ${seconds.toFixed(1)} s). ${then}.`;
}
