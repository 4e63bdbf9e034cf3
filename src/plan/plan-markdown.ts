import { flowchartOf } from "../journey/flowchart.ts";
import { type StepChange, writeMermaid } from "../journey/mermaid.ts";
import {
  type Line,
  describeJourneyPlan,
  differenceLines,
  headline,
  number,
  templateLine,
  templatesTitle,
} from "./describe-plan.ts";
import { type JourneyPlan, type Plan, hasChanges, isRefused } from "./plan.ts";
import type { SegmentPlan } from "./diff-segments.ts";

/** The plan as a comment on a pull request, each changed journey with its flowchart. */
export function planMarkdown(plan: Plan): string {
  const shown = plan.journeys.filter((one) => one.outcome !== "unchanged" || one.audience !== null);
  const segments = plan.segments.filter(
    ({ outcome, members }) => outcome !== "unchanged" || members !== null,
  );
  const still = plan.journeys
    .filter((one) => !shown.includes(one))
    .map(({ journey }) => code(journey));
  return [
    "## What `waypost apply` would do",
    "",
    isRefused(plan) ? "⚠️ **Nothing: it would be refused as it is.**\n" : "",
    hasChanges(plan) ? "" : "Nothing: the files are what is in force.\n",
    ...shown.map((journey) => journeyMarkdown(journey, plan.days)),
    ...(segments.length === 0 ? [] : ["### Segments", "", ...segments.map(segmentMarkdown), ""]),
    ...(plan.templates.length === 0
      ? []
      : [
          `### ${capital(templatesTitle)}`,
          "",
          ...plan.templates.map(templateLine).map(asItem),
          "",
        ]),
    ...(still.length === 0 ? [] : [`Unchanged: ${still.join(", ")}.`, ""]),
    `<sub>Made ${plan.at.toISOString()} in ${plan.seconds.toFixed(1)} s. What is to come is an estimate; stops are not reckoned with.</sub>`,
    "",
  ]
    .filter((line, index, all) => line !== "" || all[index - 1] !== "")
    .join("\n");
}

function journeyMarkdown(plan: JourneyPlan, days: number): string {
  const sections = describeJourneyPlan(plan, days).flatMap(({ title, lines }) => [
    `**${capital(title)}**`,
    "",
    ...lines.map(asItem),
    "",
  ]);
  return [
    `### ${outcomes[plan.outcome]} ${code(plan.journey)}`,
    "",
    `${escaped(headline(plan))}.`,
    "",
    ...sections,
    ...dailyTable(plan),
    ...flowchart(plan),
  ].join("\n");
}

const outcomes: Readonly<Record<JourneyPlan["outcome"], string>> = {
  created: "➕ New:",
  changed: "✏️ Changed:",
  restored: "♻️ Back:",
  archived: "🗄️ Archived:",
  unchanged: "Unchanged:",
};

/** Messages by day; GitHub folds it away. */
function dailyTable({ messages }: JourneyPlan): readonly string[] {
  const channels = messages?.channels ?? [];
  const days = [...new Set(channels.flatMap(({ perDay }) => Object.keys(perDay)))].toSorted();
  if (days.length === 0) return [];
  return [
    "<details><summary>Messages by day</summary>",
    "",
    `| day | ${channels.map(({ channel }) => escaped(channel)).join(" | ")} |`,
    `| --- |${channels.map(() => " ---: |").join("")}`,
    ...days.map(
      (day) => `| ${day} | ${channels.map(({ perDay }) => number(perDay[day] ?? 0)).join(" | ")} |`,
    ),
    "",
    "</details>",
    "",
  ];
}

function flowchart({ after, change, outcome }: JourneyPlan): readonly string[] {
  if (after === null) return [];
  const changes = new Map<string, StepChange>([
    ...(change?.added ?? []).map(({ id }) => [id, "added"] as const),
    ...(change?.changed ?? []).map(({ id }) => [id, "changed"] as const),
  ]);
  if (change?.settings.some(({ what }) => what === "start") === true)
    changes.set(":start", "changed");
  const marks = change === null ? {} : { changes, removed: change.removed };
  const drawn = writeMermaid(flowchartOf(after), marks).trimEnd();
  const isOpen = outcome === "created" || change !== null ? " open" : "";
  return [
    `<details${isOpen}><summary>Flowchart</summary>`,
    "",
    "```mermaid",
    drawn,
    "```",
    "",
    "</details>",
    "",
  ];
}

function segmentMarkdown({ segment, outcome, from, to, members }: SegmentPlan): string {
  const change =
    outcome === "changed"
      ? `: ${escaped(from ?? "")} → ${escaped(to ?? "")}`
      : to === null
        ? ""
        : `: ${escaped(to)}`;
  const lines =
    members === null ? [] : differenceLines(members, outcome === "created" ? null : "now");
  return [
    `- ${code(segment)} ${outcome}${change}`,
    ...lines.map((line) => `  ${asItem(line)}`),
  ].join("\n");
}

function asItem({ mark, text }: Line): string {
  const sign = mark === " " ? "" : mark === "!" ? "⚠️ " : `\`${mark}\` `;
  return `- ${sign}${escaped(text)}`;
}

/** Names from files are text, whatever they hold. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ")
    .replaceAll(/[\\`*_{}[\]<>|@#]/g, (found) => `\\${found}`);
}

function code(name: string): string {
  return `\`${name.replaceAll(/[`\p{Cc}]/gu, " ")}\``;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
