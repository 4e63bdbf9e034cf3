import type { Config } from "../config.ts";
import { definitionHash } from "../enrollment/definition-hash.ts";
import type { Journey } from "../journey/journey.ts";
import type { TemplateFile } from "../template/template.ts";

type Hashes = Readonly<Record<string, string>>;

/** The keys of waypost.yaml that a plan's numbers come of, with what they say. */
export function settingHashes(config: Config): Hashes {
  const { zone, locale, currency, shop, holdout, caps } = config;
  const ofChannels = Object.entries(config.channels).flatMap(([name, channel]) => {
    const { hours = null, cap = null, price = null } = channel;
    return Object.entries({ hours, cap, price }).map(([key, value]): [string, unknown] => [
      `channels.${name}.${key}`,
      value,
    ]);
  });
  const all = [...Object.entries({ zone, locale, currency, shop, holdout, caps }), ...ofChannels];
  return Object.fromEntries(all.map(([key, value]) => [key, definitionHash(value)]));
}

/** The templates that journeys send, by file. */
export function templateHashes(
  templates: readonly TemplateFile[],
  journeys: readonly Journey[],
): Hashes {
  const sent = new Set(
    journeys.flatMap(({ steps }) =>
      Object.values(steps).flatMap((step) => (step.kind === "send" ? [step.template] : [])),
    ),
  );
  const theirs = templates.filter(({ name }) => sent.has(name));
  return Object.fromEntries(theirs.map(({ file, hash }) => [file, hash]));
}
