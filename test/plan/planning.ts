import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { readSegment } from "../../src/journey/read-segment.ts";
import type { Composer } from "../../src/message/compose.ts";
import { type Files, makePlan } from "../../src/plan/make-plan.ts";
import type { JourneyPlan, Plan } from "../../src/plan/plan.ts";
import { readTemplates } from "../../src/template/load-templates.ts";
import { LinkBook } from "../../src/tracking/links.ts";
import { trackingUrls } from "../../src/tracking/urls.ts";
import { type Shop, written } from "../enrollment/shop.ts";

export const config = readConfig(".", {});

async function aComposer(): Promise<Composer> {
  const { locale, currency, zone, shop } = config;
  const { templates } = await readTemplates(join(config.folder, "templates"), {
    locale,
    currency,
    zone,
  });
  const urls = trackingUrls("https://shop.example", ["a secret of thirty-two characters"]);
  return { templates, links: new LinkBook(), urls, shop, carriers: {}, from: {} };
}

/** Files as an operator would write them: journeys, and segments as `name: condition`. */
export function files(journeys: readonly string[], segments: Record<string, string> = {}): Files {
  return {
    journeys: journeys.map((text) => written(text)),
    segments: Object.entries(segments).map(([name, condition]) => {
      const text = `segment: ${name}\nif: ${condition}\n`;
      const { segment, mistakes } = readSegment(text, `workflows/segments/${name}.yaml`);
      if (segment === undefined) throw new Error(JSON.stringify(mistakes));
      return segment;
    }),
  };
}

/** The plan for these files, thirty days ahead. */
export async function plan(
  shop: Shop,
  given: Files,
  { all = false, budgetMs = 60_000, changed = {} }: PlanGiven = {},
): Promise<Plan> {
  const composer = await aComposer();
  return makePlan(
    shop.database,
    given,
    { config: { ...config, zone: "UTC", ...changed }, composer },
    { now: shop.now, days: 30, budgetMs, all },
  );
}

interface PlanGiven {
  readonly all?: boolean;
  readonly budgetMs?: number;
  readonly changed?: Partial<typeof config>;
}

export async function planOf(shop: Shop, given: Files, options?: PlanGiven): Promise<JourneyPlan> {
  const { journeys } = await plan(shop, given, options);
  const [only] = journeys;
  if (only === undefined || journeys.length > 1) throw new Error("expected a plan of one journey");
  return only;
}
