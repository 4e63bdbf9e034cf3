import type { Difference } from "./audience.ts";
import type { Found } from "./budget.ts";
import type { Guess } from "./branch-share.ts";
import type { TemplatePlan } from "./diff-templates.ts";
import type { AudiencePlan, JourneyPlan, MessagesPlan, ObjectivePlan } from "./plan.ts";
import type { InFlight } from "./in-flight.ts";

/** The parts of a journey's plan in words, a line each; the terminal and Markdown print the same ones. */
export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly mark: "+" | "-" | "~" | "!" | " ";
  readonly text: string;
}

export function describeJourneyPlan(plan: JourneyPlan, days: number): readonly Section[] {
  const sections = [
    { title: "journey", lines: settingsOf(plan) },
    { title: "steps", lines: stepsOf(plan) },
    {
      title: "who enters",
      lines: plan.audience === null ? [] : audienceLines(plan, plan.audience, days),
    },
    { title: "who is inside", lines: plan.inFlight.map(inFlightLine) },
    {
      title: messagesTitle(days),
      lines: plan.messages === null ? [] : messageLines(plan.messages),
    },
    { title: "objective", lines: plan.objective === null ? [] : objectiveLines(plan.objective) },
    { title: "apply would refuse this", lines: plan.refusals.map(careful) },
    { title: "careful", lines: plan.warnings.map(careful) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

export const templatesTitle =
  "templates that are others than at the last apply (workers use them as soon as they have read them)";

/** "templates/thank-you.email.hbs changed: first-purchase sends it". */
export function templateLine({ file, outcome, journeys }: TemplatePlan): Line {
  const mark = outcome === "created" ? "+" : outcome === "removed" ? "-" : "~";
  const who =
    journeys.length === 0
      ? "no journey in force sends it"
      : `${journeys.join(", ")} ${journeys.length === 1 ? "sends" : "send"} it`;
  return { mark, text: `${file} ${outcome}: ${who}` };
}

function careful(text: string): Line {
  return { mark: "!", text };
}

export function messagesTitle(days: number): string {
  return `messages within ${days} days, estimated`;
}

/** "workflows/a.yaml: version 3 takes the place of version 2". */
export function headline({ outcome, version, file }: JourneyPlan): string {
  const next = (version ?? 0) + 1;
  switch (outcome) {
    case "created":
      return `${file}: a new journey`;
    case "changed":
      return `${file}: version ${version} is in force, apply makes a newer one`;
    case "restored":
      return `${file}: archived, and back in the workflows`;
    case "archived":
      return `its file is gone: nobody enters any more, those inside go on to their end`;
    case "unchanged":
      return `${file}: version ${version ?? next} stays in force`;
  }
}

function settingsOf({ change }: JourneyPlan): readonly Line[] {
  return (change?.settings ?? []).map(({ what, from, to }) => ({
    mark: "~",
    text: `${what}: ${from} -> ${to}`,
  }));
}

function stepsOf({ change }: JourneyPlan): readonly Line[] {
  if (change === null) return [];
  return [
    ...change.added.map(({ id, line }): Line => ({ mark: "+", text: `${id}: ${line}` })),
    ...change.removed.map(({ id, line }): Line => ({ mark: "-", text: `${id}: ${line}` })),
    ...change.changed.map(({ what, was, from, to }): Line => ({
      mark: "~",
      text: `${what}${was === null ? "" : ` (was ${was})`}: ${from === to ? to : `${from} -> ${to}`}`,
    })),
    ...change.edges.added.map((text): Line => ({ mark: "+", text: `way ${text}` })),
    ...change.edges.removed.map((text): Line => ({ mark: "-", text: `way ${text}` })),
  ];
}

function audienceLines(
  { outcome, after }: JourneyPlan,
  audience: AudiencePlan,
  days: number,
): readonly Line[] {
  const { members, events, atOnce, anew, entering, byOthers, holdout, occurrences } = audience;
  const lines: Line[] = [];
  const say = (text: string) => lines.push({ mark: " ", text });
  if (members !== null)
    lines.push(...differenceLines(members, outcome === "created" ? null : "now"));
  if (events !== null) {
    say(
      `${many(events.events, "such event")} in the last ${events.days} days, ${number(events.events / events.days)} a day; ` +
        (events.found.by === "planner"
          ? `how many of them pass was not counted (${foundWords(events.found)})`
          : `${number(events.passing)} of them ${verb(events.passing, "passes", "pass")} (${foundWords(events.found)})`),
    );
    if (outcome !== "created" && events.found.by !== "planner")
      lines.push(...differenceLines({ ...events.customers, found: events.found }, "of those days"));
  }
  if (anew && atOnce === 0) say("the start changes: nobody enters for what came before the apply");
  if (atOnce > 0) say(`${number(atOnce)} ${verb(atOnce, "enters", "enter")} at once`);
  const [next] = occurrences;
  if (next !== undefined)
    say(
      `next on ${day(next.at)}: ${number(next.customers)}; ${many(occurrences.length, "occasion")}`,
    );
  const others = byOthers
    .filter(({ customers }) => customers > 0)
    .map(({ journey, customers }) => `${number(customers)} of them let in by ${journey}`);
  say(
    [`${about(entering)} ${verb(entering, "enters", "enter")} within ${days} days`, ...others].join(
      ", ",
    ),
  );
  if (others.length > 0 && (after?.start.if ?? null) !== null)
    say("the `if` of the start is not asked of those");
  if (holdout > 0) say(`${percent(holdout)} of them are left alone`);
  return lines;
}

/** `now` is what the first number is of; null where there is none. */
export function differenceLines(
  { now, then, enters, leaves, entering, leaving, found }: Difference,
  of: string | null,
): readonly Line[] {
  const by = foundWords(found);
  if (of === null) return [{ mark: " ", text: `${many(then, "customer")} (${by})` }];
  const lines: Line[] = [
    { mark: " ", text: `${many(now, "customer")} ${of}, ${number(then)} under the change (${by})` },
  ];
  if (enters > 0)
    lines.push({
      mark: "+",
      text: `${number(enters)} ${verb(enters, "comes", "come")} in${ids(entering)}`,
    });
  if (leaves > 0)
    lines.push({ mark: "-", text: `${number(leaves)} no longer would${ids(leaving)}` });
  return lines;
}

function ids(sample: readonly string[]): string {
  return sample.length === 0 ? "" : `, such as ${sample.join(", ")}`;
}

function foundWords(found: Found): string {
  switch (found.by) {
    case "count":
      return "counted";
    case "sample":
      return `estimated from a sample of ${percent(found.share)}`;
    case "days":
      return `estimated from the last ${found.days} days`;
    case "newest":
      return `estimated from the newest ${number(found.events)}`;
    case "planner":
      return "the database planner's estimate";
  }
}

function inFlightLine({ version, step, customers, held, fate, to }: InFlight): Line {
  const who = `version ${version}, at ${step}: ${number(customers)}${held > 0 ? ` (${number(held)} held)` : ""}`;
  switch (fate) {
    case "drains":
      return {
        mark: " ",
        text: `${who} ${verb(customers, "stays", "stay")} on their version, to its end`,
      };
    case "moves":
      return { mark: "~", text: `${who} ${verb(customers, "moves", "move")} to ${to}` };
    case "exits":
      return { mark: "-", text: `${who} ${verb(customers, "leaves", "leave")} the journey` };
    case "stranded":
      return {
        mark: "!",
        text: `${who} ${verb(customers, "has", "have")} no destination in migrate`,
      };
  }
}

function messageLines(plan: MessagesPlan): readonly Line[] {
  const { channels, lost, delayed, guessed, prices, sample, caps } = plan;
  const lines: Line[] = channels.map(({ channel, messages, segments, cost, currency, perDay }) => {
    const length = segments === null ? "" : `, ${many(segments, "segment")}`;
    const price = cost === null ? "" : `, ${amount(cost)} ${currency}`;
    return {
      mark: " ",
      text: `${channel}: ${number(messages)}${length}${price}; ${number(busiest(perDay)[1])} on the busiest day, ${busiest(perDay)[0]}`,
    };
  });
  const why = Object.entries(lost).map(([reason, count]) => `${number(count)} ${inWords(reason)}`);
  if (why.length > 0) lines.push({ mark: "-", text: `not sent: ${why.join(", ")}` });
  if (delayed >= 0.5)
    lines.push({
      mark: " ",
      text: `${number(delayed)} ${verb(delayed, "waits", "wait")} for the permitted hours`,
    });
  for (const { template, channel, length } of prices)
    if (length !== null && length.segments > 1)
      lines.push({
        mark: "!",
        text: `${template} by ${channel} takes ${length.segments} segments (${length.places} places of ${length.encoding}) with the example's values`,
      });
  for (const { template, channel, failure } of prices)
    if (failure !== null)
      lines.push({ mark: "!", text: `${template} by ${channel} was not measured: ${failure}` });
  if (caps > 0 && channels.length > 0)
    lines.push({
      mark: " ",
      text: "caps are estimated: what customers have had so far takes places, and what this journey is to send, not what others are (waypost simulate plays it out)",
    });
  if (sample === 0) lines.push({ mark: " ", text: "consent and addresses were not looked at" });
  lines.push(...guessLines(guessed));
  return lines;
}

/** Steps that are guessed alike stand in one line. */
function guessLines(guessed: readonly Guess[]): readonly Line[] {
  const alike = Map.groupBy(guessed, ({ taken, passed }) => `${taken} ${passed}`);
  return [...alike.values()].map((those) => {
    const steps = those.map(({ step }) => step).join(", ");
    const [{ taken, passed } = { taken: "even", passed: 0 }] = those;
    const as =
      taken === "even"
        ? `the branches of ${steps} are taken for even`
        : `${steps} ${those.length === 1 ? "is" : "are"} taken to go well`;
    const why =
      passed === 0
        ? "nobody has been there yet"
        : `only ${passed} ${passed === 1 ? "customer has" : "customers have"} been there so far`;
    return { mark: " ", text: `${as}: ${why}` };
  });
}

function inWords(reason: string): string {
  return reason === "cap" ? "at a cap for too long" : reason;
}

function busiest(perDay: Readonly<Record<string, number>>): readonly [string, number] {
  return Object.entries(perDay).reduce<readonly [string, number]>(
    (best, one) => (one[1] > best[1] ? one : best),
    ["-", 0],
  );
}

function objectiveLines(objective: ObjectivePlan): readonly Line[] {
  const { goal, target, base, baseBy, customers, days, holdout } = objective;
  const text = (line: string): Line => ({ mark: " ", text: line });
  if (base === null)
    return [text(`${goal} ${percent(target)}: too little is known of what happens without it`)];
  const known =
    baseBy === "holdout" ? "of those left alone so far" : "of customers like these, in the past";
  const first = text(
    `${goal}: ${percent(target)} is the target, ${percent(base)} reach it anyway (${known})`,
  );
  if (base >= target)
    return [
      first,
      { mark: "!", text: "the target is no more than happens anyway: set a higher one" },
    ];
  if (holdout <= 0)
    return [first, text("without a holdout nobody will know what the journey added")];
  if (customers === null) return [first];
  const time = days === null ? "at this rate never" : `about ${many(days, "day")}`;
  return [
    first,
    text(
      `to tell the two apart takes ${many(customers, "customer")}, ${time} (two-sided 5%, power 80%)`,
    ),
  ];
}

/** "12.50", "less than 0.01" */
function amount(cost: number): string {
  return cost > 0 && cost < 0.005 ? "less than 0.01" : cost.toFixed(2);
}

/** "about 12", "less than 1" */
function about(count: number): string {
  return count > 0 && count < 0.5 ? number(count) : `about ${number(count)}`;
}

/** "less than 1 segment", "1 segment", "2 segments" */
function many(count: number, noun: string): string {
  return `${number(count)} ${noun}${isOne(count) ? "" : "s"}`;
}

function verb(count: number, one: string, several: string): string {
  return isOne(count) ? one : several;
}

function isOne(count: number): boolean {
  return count > 0 && count < 1.5;
}

export function number(count: number): string {
  if (count > 0 && count < 0.5) return "less than 1";
  return Math.round(count).toLocaleString("en");
}

function percent(share: number): string {
  return `${Number((share * 100).toFixed(share < 0.01 ? 2 : 1))}%`;
}

function day(at: Date): string {
  return at.toISOString().slice(0, 10);
}
