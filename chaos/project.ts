import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../src/database/database.ts";
import { applyJourneys } from "../src/enrollment/apply.ts";
import { readJourney } from "../src/journey/read-journey.ts";
import { concurrency, deadline as shortDeadline } from "./sizes.ts";

const template = `---
subject: Hello {{customer.external_id}}
from: Shop <shop@example.com>
---
<p>Hello {{customer.first_name}}, <a href="https://shop.example/">come again</a></p>
`;

const text = "Hello {{customer.external_id}}\n";

export interface Project {
  readonly provider?: "sendgrid" | "smtp" | "twilio";
  readonly rate?: string;
  /** Seconds. */
  readonly deadline?: number;
}

/** What an operator would have written: a template for each channel, and one with its limits. */
export function writeProject(folder: string, project: Project = {}): void {
  const { provider = "sendgrid", rate, deadline = shortDeadline } = project;
  mkdirSync(join(folder, "templates"), { recursive: true });
  mkdirSync(join(folder, "workflows"), { recursive: true });
  writeFileSync(join(folder, "templates", "hello.email.hbs"), template);
  writeFileSync(join(folder, "templates", "hello.sms.hbs"), text);
  const limits = `concurrency: ${concurrency}, deadline: ${deadline}`;
  // A run at night is as good as any: texts have decent hours by themselves.
  const hours = `hours: { from: "00:00", until: "23:59" }`;
  const options = `{ provider: ${provider}, ${limits}, ${hours}${rate === undefined ? "" : `, rate: ${rate}`} }`;
  const channel = provider === "twilio" ? "sms" : "email";
  writeFileSync(join(folder, "waypost.yaml"), `channels:\n  ${channel}: ${options}\n`);
}

export interface Told {
  readonly name: string;
  /** Who does this gets one message. */
  readonly event: string;
  readonly class: "marketing" | "transactional";
  readonly wait?: string;
  readonly by?: "email" | "sms";
}

/** Who signs up gets one message. A wait makes another version of it. */
export async function applyWelcome(
  database: Database,
  given: Pick<Told, "class" | "wait" | "by">,
): Promise<void> {
  await applyAll(database, [{ name: "welcome", event: "signed_up", ...given }]);
}

/** All journeys there are: others that were there before go out of force. */
export async function applyAll(database: Database, told: readonly Told[]): Promise<void> {
  await applyJourneys(database, told.map(read), new Date());
}

function read(told: Told) {
  const wait = told.wait === undefined ? "" : `{ wait: ${told.wait} }, `;
  const source = `journey: ${told.name}
topic: offers
class: ${told.class}
max_lateness: 400 days
start: { on: ${told.event} }
steps: [${wait}{ send: hello, by: ${told.by ?? "email"} }]
`;
  const file = `workflows/${told.name}.yaml`;
  const { journey, mistakes } = readJourney(source, file);
  if (journey === undefined) throw new Error(JSON.stringify(mistakes));
  return { journey, source, file };
}
