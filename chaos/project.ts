import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Database } from "../src/database/database.ts";
import { applyJourneys } from "../src/enrollment/apply.ts";
import { readJourney } from "../src/journey/read-journey.ts";
import { concurrency, deadline } from "./sizes.ts";

const template = `---
subject: Hello {{customer.first_name}}
from: Shop <shop@example.com>
---
<p>Hello {{customer.first_name}}, <a href="https://shop.example/">come again</a></p>
`;

/** What an operator would have written: one template, and a channel with its limits. */
export function writeProject(folder: string, provider: "sendgrid" | "smtp" = "sendgrid"): void {
  mkdirSync(join(folder, "templates"), { recursive: true });
  mkdirSync(join(folder, "workflows"), { recursive: true });
  writeFileSync(join(folder, "templates", "hello.email.hbs"), template);
  const email = `{ provider: ${provider}, concurrency: ${concurrency}, deadline: ${deadline} }`;
  writeFileSync(join(folder, "waypost.yaml"), `channels:\n  email: ${email}\n`);
}

/** Who signs up gets one message. A wait makes another version of it. */
export async function applyWelcome(
  database: Database,
  given: { readonly class: "marketing" | "transactional"; readonly wait?: string },
): Promise<void> {
  const wait = given.wait === undefined ? "" : `{ wait: ${given.wait} }, `;
  const source = `journey: welcome
topic: offers
class: ${given.class}
max_lateness: 400 days
start: { on: signed_up }
steps: [${wait}{ send: hello, by: email }]
`;
  const file = "workflows/welcome.yaml";
  const { journey, mistakes } = readJourney(source, file);
  if (journey === undefined) throw new Error(JSON.stringify(mistakes));
  await applyJourneys(database, [{ journey, source, file }], new Date());
}
