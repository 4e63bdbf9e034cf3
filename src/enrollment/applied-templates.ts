import { type Kysely, type Transaction, sql } from "kysely";
import type { Tables } from "../database/tables.ts";
import type { TemplateFile } from "../template/template.ts";

/** The file of a template, and the hash of all it is made with. */
export type TemplateHash = Pick<TemplateFile, "file" | "hash">;

/** Notes the templates as they are at an apply, so that a plan can tell which are others since. */
export async function noteTemplates(
  transaction: Transaction<Tables>,
  templates: readonly TemplateHash[],
  now: Date,
): Promise<void> {
  const files = templates.map(({ file }) => file);
  await sql`delete from applied_templates where file <> all(${files}::text[])`.execute(transaction);
  await sql`
    insert into applied_templates (file, hash, noted_at)
    select file, hash, ${now} from unnest(${files}::text[], ${templates.map(({ hash }) => hash)}::text[]) as read (file, hash)
    on conflict (file) do update set hash = excluded.hash, noted_at = excluded.noted_at
    where applied_templates.hash <> excluded.hash`.execute(transaction);
}

/** Hashes by file, as the last apply noted them; empty before there was one. */
export async function notedTemplates(
  database: Kysely<Tables>,
): Promise<ReadonlyMap<string, string>> {
  const rows = await database.selectFrom("applied_templates").select(["file", "hash"]).execute();
  return new Map(rows.map(({ file, hash }) => [file, hash]));
}
