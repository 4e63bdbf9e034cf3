import { appendFileSync } from "node:fs";
import type { AddressInfo, Socket } from "node:net";
import { SMTPServer } from "smtp-server";
import { seededRandom } from "../src/channel/seeded-random.ts";
import { markOf, type StubLine } from "../src/channel/stub-log.ts";
import { readLog } from "./evidence.ts";
import { writeProject } from "./project.ts";
import type { Scenario } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import { answerMs, patientDeadline } from "./sizes.ts";

/** What a mail server does with a message, by its probability; most are taken. */
const fates = {
  busy: 0.03,
  later: 0.03,
  droppedBeforeEnd: 0.03,
  takenThenDropped: 0.05,
  refused: 0.02,
} as const;
type Fate = keyof typeof fates | "taken";

const replies: Partial<Readonly<Record<Fate, readonly [number, string]>>> = {
  busy: [450, "4.2.0 mailbox busy"],
  later: [451, "4.3.0 try again later"],
  refused: [554, "5.6.0 not like this"],
};

/** After so many "try again later" a message is given up, where waypost.yaml says nothing else. */
const attemptsGranted = 8;

const mail: Scenario = {
  name: "mail-server",
  when: "a mail server is busy, drops connections before and after it took a message, refuses",
  proves: ["G16"],
  async play(stage) {
    // A loaded machine takes its time for the words of SMTP, and nothing here is about silence.
    writeProject(stage.folder, { provider: "smtp", deadline: patientDeadline });
    const server = await startMailServer(stage);
    await stage.workers(2, { environment: { SMTP_URL: server.url } });
    await stage.signUp();
    await stage.until("everybody's turn", async () => (await stage.count("planned")) === 0);
    await stage.moment();
    await stage.hurriedRest();
    await stage.stopAll();
    await server.close();
    // What was taken and not answered nobody can tell: a mail server reports nothing.
    stage.window = server.unanswered();
    const lines = readLog(stage.log);
    const refused = lines.filter(({ status }) => status === replies.refused?.[0]).length;
    const putOff = Map.groupBy(
      lines.filter(({ travels }) => travels === "busy" || travels === "later"),
      ({ deliveryId }) => deliveryId,
    );
    const givenUp = [...putOff.values()].filter(({ length }) => length >= attemptsGranted).length;
    stage.endings.push({ states: ["failed"], least: refused, most: refused + givenUp });
  },
};

async function startMailServer(stage: Stage) {
  const attempts = new Map<string, number>();
  const sockets = new Map<number, Socket>();
  let unanswered = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ["STARTTLS"],
    logger: false,
    onData(stream, session, done) {
      let head = "";
      stream.on("data", (chunk: Buffer) => (head += head.length < 4000 ? chunk.toString() : ""));
      stream.on("end", () => {
        const deliveryId = /^Message-ID: <([^@]+)@/im.exec(head)?.[1] ?? null;
        const attempt = (attempts.get(deliveryId ?? "") ?? 0) + 1;
        attempts.set(deliveryId ?? "", attempt);
        const to = session.envelope.rcptTo[0]?.address ?? "";
        const fate = fateOf(seededRandom(`${stage.seed} ${to} ${attempt}`)());
        const taken = fate === "taken" || fate === "takenThenDropped";
        const status = replies[fate]?.[0] ?? null;
        const line: StubLine = {
          at: new Date().toISOString(),
          provider: "smtp",
          deliveryId,
          attempt,
          to: markOf(to),
          says: markOf(/^Subject: (.*)$/im.exec(head)?.[1]?.trim() ?? ""),
          taken,
          status,
          travels: fate,
        };
        appendFileSync(stage.log, `${JSON.stringify(line)}\n`);
        if (fate === "takenThenDropped" || fate === "droppedBeforeEnd") unanswered += 1;
        setTimeout(() => answer(fate, session.remotePort, done), answerMs);
      });
    },
  });
  const answer = (fate: Fate, port: number, done: (error?: Error) => void): void => {
    const reply = replies[fate];
    if (reply !== undefined)
      return done(Object.assign(new Error(reply[1]), { responseCode: reply[0] }));
    if (fate === "taken") return done();
    sockets.get(port)?.destroy();
  };
  server.on("error", () => {});
  server.server.on("connection", (socket: Socket) => sockets.set(socket.remotePort ?? 0, socket));
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    unanswered: () => unanswered,
    close: () => new Promise<void>((closed) => server.close(() => closed())),
  };
}

function fateOf(drawn: number): Fate {
  let left = drawn;
  for (const [fate, rate] of Object.entries(fates) as [keyof typeof fates, number][]) {
    if (left < rate) return fate;
    left -= rate;
  }
  return "taken";
}

export const mailScenarios: readonly Scenario[] = [mail];
