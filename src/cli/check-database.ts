import { attributeNames } from "../audience/attribute-names.ts";
import { estimate } from "../audience/cost.ts";
import { eventNames } from "../audience/event-names.ts";
import type { Database } from "../database/database.ts";
import type { Mistake } from "../errors.ts";
import { askedConditions } from "../journey/asked-conditions.ts";
import {
  type AttributeOwner,
  askedAttributes,
  doubtfulAttributes,
} from "../journey/check-attributes.ts";
import { doubtfulEvents, unheardEvents } from "../journey/check-events.ts";
import type { Project } from "../journey/read-project.ts";
import type { House } from "./house.ts";

/** What the database says of a project: conditions it refuses are mistakes, those it finds dear are warnings. */
export async function checkOnDatabase(
  house: House,
  project: Project,
  budget: number,
): Promise<{ readonly mistakes: readonly Mistake[]; readonly warnings: readonly Mistake[] }> {
  const database = await house.database();
  const mistakes: Mistake[] = [];
  const happened = await eventNames(database);
  const doubted = doubtfulEvents(project, happened);
  const warnings: Mistake[] = [
    ...doubted,
    ...unheardEvents(project, happened, doubted),
    ...doubtfulAttributes(project, await attributesKnown(database, project)),
  ];
  for (const { condition, position, of: asked, journey } of askedConditions(project)) {
    const now = house.clock.now();
    const said = await estimate(database, condition, { asked, now, ...(journey && { journey }) });
    if ("refused" in said)
      mistakes.push({
        ...position,
        message: `the database refuses this condition: ${said.refused}`,
      });
    else if (asked === "everybody" && said.cost > budget)
      warnings.push({ ...position, message: tooDear(said.cost, budget) });
  }
  return { mistakes, warnings };
}

async function attributesKnown(database: Database, project: Project) {
  const asked = askedAttributes(project);
  const names = (of: AttributeOwner) =>
    attributeNames(database, of, [
      ...new Set(asked.filter(({ owner }) => owner === of).map(({ key }) => key)),
    ]);
  return { customer: await names("customer"), account: await names("account") };
}

function tooDear(cost: number, budget: number): string {
  const [found, most] = [cost, budget].map((each) => Math.round(each).toLocaleString("en"));
  return `the database puts the cost of this audience at ${found}, above the budget of ${most}; ask for less history (within) or raise --budget`;
}
