import { type Kysely, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import { nearMiss } from "../errors.ts";
import type { StepId } from "../journey/journey.ts";
import { type Migration, movesFrom } from "../journey/migration.ts";
import { readYaml } from "../yaml-file.ts";

/** A step below `migrate.steps` that none of the versions has that are left. */
export interface UnknownSource {
  readonly step: StepId;
  readonly versions: readonly number[];
  readonly known: readonly StepId[];
}

/** What is probably a typo: it would send nobody anywhere. Nothing is asked of a file that leaves no version yet. */
export async function unknownSources(
  database: Kysely<Tables>,
  migration: Migration,
  journeyId: number,
  newVersionId: number | null,
): Promise<readonly UnknownSource[]> {
  const sources = Object.keys(migration.steps);
  if (sources.length === 0) return [];
  const { rows } = await sql<{ id: number; number: number; steps: readonly StepId[] }>`
    select id, number, array(select jsonb_object_keys(definition -> 'steps')) as steps
    from journey_versions where journey_id = ${journeyId} order by number`.execute(database);
  const left = rows.filter(({ id, number }) => id !== newVersionId && movesFrom(migration, number));
  if (left.length === 0) return [];
  const versions = left.map(({ number }) => number);
  const known = [...new Set(left.flatMap(({ steps }) => steps))];
  return sources.filter((step) => !known.includes(step)).map((step) => ({ step, versions, known }));
}

/** A workflow file as it was read. */
export interface Source {
  readonly file: string;
  readonly source: string;
}

/** "workflows/hello.yaml:7 migrate.steps": where something is said in it. */
export function placeIn({ file, source }: Source, ...path: readonly string[]): string {
  const { line } = readYaml(source, file).mistakeAt(path, "");
  return `${file}:${line} ${path.slice(0, 2).join(".")}`;
}

export function explainUnknown(source: Source, unknown: readonly UnknownSource[]): string {
  const lines = unknown.map(({ step, versions, known }) => {
    const meant = nearMiss(step, known);
    const hint = meant === undefined ? `It has ${known.join(", ")}` : `Did you mean "${meant}"?`;
    const of = versions.length === 1 ? "version" : "one of the versions";
    return `${placeIn(source, "migrate", "steps", step)}: expected the id of a step of ${of} ${versions.join(", ")}, got "${step}". ${hint}`;
  });
  return lines.join("\n");
}
