import { type Browser, type BrowserContext, type Page, chromium as engine } from "playwright-core";
import { afterAll } from "vitest";

const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function aBrowser(executablePath: string): Promise<Browser> {
  const browser = await engine.launch({ executablePath, args: flags });
  afterAll(() => browser.close());
  return browser;
}

/** A tab that notes whatever goes wrong in it: errors, broken policies, dialogs, requests to strangers. */
export async function aTab(
  context: BrowserContext,
  home: string,
): Promise<{ page: Page; faults: string[] }> {
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type()))
      faults.push(`${page.url()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
  page.on("dialog", (dialog) => {
    faults.push(`${page.url()}: a dialog says ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(home) && !url.startsWith("data:")) faults.push(`reached out to ${url}`);
  });
  return { page, faults };
}
