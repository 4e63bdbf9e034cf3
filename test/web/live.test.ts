import { expect, test } from "vitest";
import { createLog } from "../../src/log.ts";
import { startWeb } from "../../src/web/web.ts";
import { aDatabase } from "../support/database.ts";
import { aCustomer } from "../support/people.ts";
import { aMessage } from "../tracking/sent.ts";
import { aDoor } from "./door.ts";

const database = await aDatabase();
const door = await aDoor(database);

/** Reads a stream of news up to the first that holds `text`, or to its end. */
async function hear(response: Response, text: string): Promise<string> {
  let heard = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    heard += decoder.decode(chunk as Uint8Array, { stream: true });
    if (heard.includes(text)) return heard;
  }
  return heard;
}

test("a page that listens is told that the numbers have changed, and nothing else", async () => {
  const cookie = await door.logIn();
  const response = await door.get("/live", { cookie });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const news = hear(response, "event: change");
  const ada = await aCustomer(database);
  let isOver = false;
  void news.finally(() => (isOver = true));
  // Whenever the first look is taken, one of these comes after it.
  while (!isOver) {
    await aMessage(database, ada);
    await new Promise((done) => setTimeout(done, 300));
  }
  expect(await news).toMatch(/^retry: 3000\n\nevent: change\ndata: \{\}\n\n$/);
});

test("closing the door ends the streams at once", async () => {
  const own = await startWeb(
    { ...door.site, engine: { ...door.site.engine, log: createLog("silent") } },
    { host: "127.0.0.1", port: 0 },
  );
  const cookie = await door.logIn();
  const response = await fetch(`${own.url}/live`, { headers: { cookie } });
  const news = hear(response, "never said");
  await own.close();
  expect(await news).toBe("retry: 3000\n\n");
});
