import { strikeUnderLoad } from "./outages.ts";
import type { Scenario } from "./scenario.ts";
import { startWithStandby } from "./standby.ts";
import { targets } from "./targets.ts";

const failover: Scenario = {
  name: "failover",
  when: "the database's machine dies, and its synchronous replica takes its place",
  proves: ["G4"],
  postgres: startWithStandby,
  async play(stage) {
    await strikeUnderLoad(stage, targets.resumeMs, async () =>
      stage.ground.postgres.standby?.takeOver(),
    );
  },
};

export const failoverScenarios: readonly Scenario[] = [failover];
