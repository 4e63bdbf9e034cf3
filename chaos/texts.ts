import { sql } from "kysely";
import { applyWelcome, writeProject } from "./project.ts";
import type { Scenario } from "./scenario.ts";
import { answerMs } from "./sizes.ts";

const texts: Scenario = {
  name: "texts",
  when: "Twilio loses calls and answers of text messages, is asked for them afterwards, and reports each three times",
  proves: ["G16", "G21"],
  async play(stage) {
    await stage.reportSo({ copies: 3, order: "shuffled" });
    writeProject(stage.folder, { provider: "twilio" });
    await applyWelcome(stage.database, { class: "marketing", by: "sms" });
    const faults = {
      serverError: 0.04,
      serverErrorButTaken: 0.05,
      acceptedThenDropped: 0.04,
      droppedBeforeTaken: 0.03,
    };
    await stage.stub.behave({ faults, answerMs });
    await stage.web();
    await stage.workers(2);
    await stage.signUp();
    await stage.rest();
    const unknown = await stage.count("unknown");
    await stage.stub.behave({ faults: {}, answerMs });
    // Twilio's list is trusted after two minutes, by the database's clock, which nobody moves.
    await stage.until("Twilio to be asked", async () => (await stage.count("unknown")) === 0);
    await stage.rest();
    const again = (await stage.requests()) - stage.customers;
    await stage.stub.deliverDue();
    await stage.reported();
    const { rows } = await stage.look((database) =>
      sql<{ twice: number }>`
        select count(*)::int as twice from (
          select from reports where message_id is not null group by message_id, kind having count(*) > 1) as more`.execute(
        database,
      ),
    );
    if (unknown === 0) stage.faults.push("expected calls of unknown outcome, found none");
    if ((rows[0]?.twice ?? 0) > 0)
      stage.faults.push(`${rows[0]?.twice} messages with the same report more than once`);
    stage.notes.push(`${unknown} unknown before Twilio was asked, ${again} of them sent again`);
  },
};

export const textScenarios: readonly Scenario[] = [texts];
