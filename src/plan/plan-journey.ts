import type { Config } from "../config.ts";
import type { Database } from "../database/database.ts";
import type { JourneysState } from "../database/tables.ts";
import type { Applied, Written } from "../enrollment/apply.ts";
import { definitionHash } from "../enrollment/definition-hash.ts";
import { explainStrays } from "../enrollment/migrate.ts";
import { type Source, explainUnknown } from "../enrollment/migrate-source.ts";
import { withNewKeys } from "../enrollment/older-version.ts";
import { type SplitDecision, splitDecisions, withDecisions } from "../enrollment/split-decision.ts";
import type { Condition } from "../journey/condition.ts";
import type { Journey, Step } from "../journey/journey.ts";
import type { Composer } from "../message/compose.ts";
import type { Asked } from "./audience.ts";
import { guessedSteps, passedIn } from "./branch-share.ts";
import { type Inside, foreseeCohorts, goingOn } from "./cohorts.ts";
import { diffJourney } from "./diff-journey.ts";
import type { Incoming } from "./enter-chain.ts";
import type { Horizon } from "./entry.ts";
import { type Flight, arrivalsInside, inFlight, sentAgain } from "./in-flight.ts";
import type { JourneyPlan, MessagesPlan } from "./plan.ts";
import { type Entering, planAudience } from "./plan-audience.ts";
import { type ForeseenCohort, planMessages } from "./plan-messages.ts";
import { planObjective } from "./plan-objective.ts";
import { priceMessage } from "./price-message.ts";
import { type ScopedCap, reachOf } from "./reach.ts";

type Send = Extract<Step, { kind: "send" }>;

/** What every journey's plan is made with. */
export interface Planning {
  readonly database: Database;
  readonly config: Config;
  readonly composer: Composer;
  readonly asked: Asked;
  readonly horizon: Horizon;
  /** Segments that will have other members, with what they will be. */
  readonly segments: ReadonlyMap<string, Condition>;
  /** All segments there will be. */
  readonly everySegment: ReadonlyMap<string, Condition>;
  /** Whether to look at the audience and the messages. */
  readonly isForeseen: (journey: Journey, isChanged: boolean) => boolean;
}

/** A journey as it is applied. */
export interface Known {
  readonly id: number;
  readonly name: string;
  readonly state: JourneysState;
  readonly versionId: number;
  readonly number: number;
  readonly hash: string;
  readonly definition: Journey;
}

/** A journey whose change is known, before anything is foreseen. */
export interface Compared {
  readonly journey: Journey;
  readonly known: Known | undefined;
  readonly flight: Flight;
  readonly plan: JourneyPlan;
  /** Whether its audience and messages are to be foreseen, whatever becomes of other journeys. */
  readonly isForeseen: boolean;
}

/** What the file of one journey changes. */
export async function compareJourney(
  planning: Planning,
  { journey, migration = null, file, source }: Written,
  known: Known | undefined,
): Promise<Compared> {
  const { database } = planning;
  const outcome = outcomeOf(journey, known);
  const isSame = known?.hash === definitionHash(journey);
  const newVersionId = isSame ? known.versionId : null;
  const flight = await inFlight(database, known?.id ?? null, journey, migration, newVersionId);
  const isChanged = outcome !== "unchanged" || flight.routes.length > 0;
  const plan: JourneyPlan = {
    journey: journey.name,
    file,
    outcome,
    version: known?.number ?? null,
    before: known?.definition ?? null,
    after: journey,
    change: known === undefined || isSame ? null : diffJourney(known.definition, journey),
    audience: null,
    inFlight: flight.steps,
    messages: null,
    objective: null,
    refusals: refusalsOf({ file, source }, flight),
    warnings: await warningsOf(planning, journey, known, flight),
  };
  return { journey, known, flight, plan, isForeseen: planning.isForeseen(journey, isChanged) };
}

function outcomeOf(journey: Journey, known: Known | undefined): Applied["outcome"] {
  if (known === undefined) return "created";
  if (known.state === "archived") return "restored";
  return known.hash === definitionHash(journey) ? "unchanged" : "changed";
}

/** The plan with who enters and what they are sent, and whom it lets into other journeys. */
export async function foreseeJourney(
  planning: Planning,
  { journey, known, flight, plan }: Compared,
  incoming: readonly Incoming[],
): Promise<{ readonly plan: JourneyPlan; readonly going: ReadonlyMap<string, Incoming> }> {
  const { database, config, horizon, segments, everySegment } = planning;
  const asked: Asked = {
    now: planning.asked.now,
    customers: planning.asked.customers,
    ...(planning.asked.known === undefined ? {} : { known: planning.asked.known }),
    journey: journey.name,
    get limitMs() {
      return planning.asked.limitMs;
    },
  };
  const starting = {
    before: known === undefined ? null : withNewKeys(known.definition),
    after: journey,
    journeyId: known?.id ?? null,
    isActive: known !== undefined && known.state !== "archived",
    segments,
    everySegment,
    holdout: config.holdout,
  };
  const entering = await planAudience(database, starting, asked, horizon, incoming);
  const { perDay, atOnce } = entering.plan;
  const of = { journeyId: starting.journeyId, past: entering.past, perDay, atOnce };
  const { messages, cohorts } = await foreseeMessages(
    planning,
    journey,
    known,
    { flight, entering },
    asked,
  );
  const objective = await planObjective(database, journey, of, asked);
  const foreseen = { ...plan, audience: entering.plan, messages, objective };
  return { plan: foreseen, going: goingOn(journey, cohorts, entering) };
}

async function foreseeMessages(
  { database, config, composer, horizon }: Planning,
  journey: Journey,
  known: Known | undefined,
  { flight, entering }: { readonly flight: Flight; readonly entering: Entering },
  asked: Asked,
): Promise<{ readonly messages: MessagesPlan; readonly cohorts: readonly ForeseenCohort[] }> {
  const channelsOf = (step: Send) =>
    step.by === "best" ? bestOf(step, config, composer) : step.by;
  const sends = Object.values(journey.steps).filter((step): step is Send => step.kind === "send");
  const channels = [...new Set(sends.flatMap(channelsOf))];
  const passed = known === undefined ? new Map() : await passedIn(database, known.id);
  const caps = capsOn(config, journey, channels);
  const reach = await reachOf(database, entering.sample, {
    journey,
    channels,
    caps,
    now: asked.now,
    limitMs: asked.limitMs,
  });
  const prices = await Promise.all(
    [...new Map(sends.flatMap((step) => pairs(step, channelsOf(step)))).values()].map((pair) =>
      priceMessage(composer, config.channels, { ...pair, now: asked.now }),
    ),
  );
  const inside = await insideOf(database, known, flight, asked.now);
  const decided = known === undefined ? [] : ((await splitDecisions(database)).get(known.id) ?? []);
  const cohorts = foreseeCohorts(
    withDecisions(journey, decided),
    { entering, inside: asDecided(inside, decided), passed },
    horizon,
    caps.length > 0,
  );
  const messages = planMessages({
    journey: withOldSends(journey, inside.elsewhere),
    now: asked.now,
    caps,
    repeating: entering.repeating,
    cohorts,
    reach,
    prices,
    guessed: guessedSteps(journey, passed),
    channelsOf,
    hoursOf: (channel) => config.channels[channel]?.hours ?? null,
    zone: config.zone,
  });
  return { messages, cohorts };
}

/** Who is inside: on the journey as it will be, and on versions that drain. */
async function insideOf(
  database: Database,
  known: Known | undefined,
  flight: Flight,
  now: Date,
): Promise<Inside> {
  if (known === undefined) return { here: [], elsewhere: [] };
  const { moved, staying } = await arrivalsInside(database, known.id, flight, now);
  const versions = new Map(flight.standing.map((one) => [one.versionId, one.journey]));
  const elsewhere = [...staying].flatMap(([id, those]) => {
    const old = versions.get(id);
    return old === undefined ? [] : [[old, those] as const];
  });
  return { here: moved, elsewhere };
}

/** Versions that drain have the same splits, and the same winners. */
function asDecided(inside: Inside, decided: readonly SplitDecision[]): Inside {
  const elsewhere = inside.elsewhere.map(
    ([version, those]) => [withDecisions(version, decided), those] as const,
  );
  return { ...inside, elsewhere };
}

/** Steps of versions that drain send, too. */
function withOldSends(journey: Journey, elsewhere: Inside["elsewhere"]): Journey {
  const old = elsewhere.map(([version]) => version.steps);
  return { ...journey, steps: Object.assign({}, ...old, journey.steps) as Journey["steps"] };
}

function bestOf({ template }: Send, config: Config, { templates }: Composer): readonly string[] {
  return Object.keys(config.channels).filter((channel) => templates.has(template, channel));
}

function pairs({ template }: Send, channels: readonly string[]) {
  return channels.map((channel) => [`${template} ${channel}`, { template, channel }] as const);
}

function capsOn(config: Config, { class: of, topic }: Journey, channels: readonly string[]) {
  if (of !== "marketing") return [];
  return capsOf(config).filter(
    (one) =>
      (one.topic === null || one.topic === topic) &&
      (one.channel === null || channels.includes(one.channel)),
  );
}

function capsOf(config: Config): readonly ScopedCap[] {
  const own = Object.entries(config.channels).flatMap(([channel, { cap }]) =>
    cap === undefined ? [] : [{ channel, topic: null, cap }],
  );
  const others = config.caps.map(({ channel = null, topic = null, cap }) => ({
    channel,
    topic,
    cap,
  }));
  return [...own, ...others];
}

/** Why apply would do nothing of it all. */
function refusalsOf(source: Source, { unknown, strays }: Flight): readonly string[] {
  return [
    ...(unknown.length > 0 ? explainUnknown(source, unknown).split("\n") : []),
    ...(strays.length > 0 ? explainStrays(source, strays).split("\n") : []),
  ];
}

/** What an operator should know before going on. */
async function warningsOf(
  { database }: Planning,
  journey: Journey,
  known: Known | undefined,
  { routes }: Flight,
): Promise<readonly string[]> {
  const again = known === undefined ? [] : await sentAgain(database, known.id, routes, journey);
  return again.map(
    ({ template, step, customers }) =>
      `${customers} of the customers who move have had "${template}" by a step with another id, and would get it again from "${step}". ` +
      "A message is sent once for each step id: keep the id, or send them past it",
  );
}
