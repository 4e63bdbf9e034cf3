import type { Database } from "../database/database.ts";
import { placeSql } from "./resting.ts";

/** A customer's passages through journeys, the newest first. */
export function enrollmentsOf(database: Database, customerId: string) {
  return database
    .selectFrom("enrollments")
    .innerJoin("journeys", "journeys.id", "enrollments.journey_id")
    .innerJoin("journey_versions as version", "version.id", "enrollments.version_id")
    .select([
      "enrollments.id",
      "journeys.name as journey",
      "version.number as version",
      "enrollments.state",
      placeSql("enrollments", "version").as("step"),
      "enrollments.due_at",
      "enrollments.awaiting",
      "enrollments.reason",
      "enrollments.holdout",
      "enrollments.entered_at",
      "enrollments.moved_at",
      "enrollments.finished_at",
      "enrollments.converted_at",
      "enrollments.conversion_value",
    ])
    .where("enrollments.customer_id", "=", customerId)
    .orderBy("enrollments.entered_at", "desc")
    .orderBy("enrollments.id", "desc")
    .execute();
}
