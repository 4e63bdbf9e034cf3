import { describe, expect, test } from "vitest";
import { intentOf } from "../../src/channel/text-intent.ts";

/** The words 47 CFR 64.1200(a)(10) names, and Twilio's own list. */
const required = [
  "stop",
  "quit",
  "end",
  "revoke",
  "opt out",
  "cancel",
  "unsubscribe",
  "stopall",
  "optout",
  "arret",
];

describe("leaving", () => {
  test.each(
    required.flatMap((word) => [
      word,
      word.toUpperCase(),
      ` ${word}. `,
      `"${word}"!`,
      `Please ${word}`,
      `${word} please, thank you`,
      `${word} ${word}`,
    ]),
  )("%j", (text) => {
    expect(intentOf(text)).toBe("opt_out");
  });

  test.each([
    "S.T.O.P",
    "s t o p",
    "STOOOOP",
    "st\u200bop",
    "ＳＴＯＰ",
    "STOP 🛑",
    "Opt-Out",
    "ARRÊT",
    "Stop texting me!!",
    "don't text me",
    "don’t text me anymore",
    "Do not contact me",
    "Take me off your list",
    "remove me",
    "leave me alone",
    "no more texts",
    "Por favor, no más",
    "BAJA",
    "Stopp bitte",
    "Abmelden",
    "me désabonner s'il vous plaît",
    "reply STOP",
  ])("%j", (text) => {
    expect(intentOf(text)).toBe("opt_out");
  });
});

describe("staying", () => {
  test.each([
    "please do not stop",
    "don't stop",
    "Where is the bus stop?",
    "I can't stop smiling",
    "Is this the end of the sale?",
    "cancel my order 1234",
    "Can I cancel?",
    "stopover in Paris",
    "weekend",
    "quite nice",
    "No thanks",
    "yes",
    "",
    "   ",
    "👍",
    "the end justifies the means",
    "unstoppable",
  ])("%j is only an answer", (text) => {
    expect(intentOf(text)).toBe("reply");
  });

  test("a very long text is only an answer, and soon known to be one", () => {
    expect(intentOf("stop ".repeat(1_000_000) + "x")).toBe("opt_out");
    expect(intentOf(`${"please ".repeat(1_000_000)} no`)).toBe("reply");
  });
});

test.each(["START", "unstop", "Opt in", "Subscribe please"])("%j is coming back", (text) => {
  expect(intentOf(text)).toBe("opt_in");
});

test.each(["HELP", "info?", "Hilfe!", "ayuda por favor", "Who is this?"])(
  "%j is a cry for help",
  (text) => {
    expect(intentOf(text)).toBe("help");
  },
);
