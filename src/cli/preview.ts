import { writeFile } from "node:fs/promises";
import { WaypostError } from "../errors.ts";
import { preview as render } from "../message/compose.ts";
import { loadMessages } from "../message/details.ts";
import { findMessage } from "../message/list.ts";
import { sampleMessage } from "../message/sample.ts";
import type { ClaimedMessage } from "../message/message.ts";
import type { CommandFile } from "./command.ts";
import type { House } from "./house.ts";
import { say, sayJson } from "./output.ts";

interface Options {
  readonly channel?: string;
  readonly customer?: string;
  readonly message?: string;
  readonly html?: string;
  readonly json?: true;
}

export const preview: CommandFile = {
  register(program, terminal) {
    program
      .command("preview")
      .description("render a template for a customer, without sending it")
      .argument("[template]", "such as thank-you; not needed with --message")
      .option("-c, --channel <name>", "which channel's template; left out, email, or what there is")
      .option(
        "--customer <id>",
        "id, own id or e-mail of a customer; without it, an example customer (needs no database)",
      )
      .option("--message <id>", "a message of the ledger, as it would be rendered now")
      .option("--html <file>", "write the HTML part to a file, to open in a browser")
      .option("--json", "one line of JSON: { subject, preheader, from, html, text }")
      .addHelpText(
        "after",
        "\nExamples:\n  $ waypost preview thank-you\n  $ waypost preview thank-you --channel sms --customer c-17\n  $ waypost preview --message 1041 --html preview.html",
      )
      .action(async (template: string | undefined, options: Options) => {
        const house = terminal.house();
        const message = await messageFor(house, template, options);
        const engine = await house.composer();
        const rendered = render(engine, message, house.clock.now());
        if (options.json === true) return sayJson(rendered);
        if (rendered.subject !== null) say(`Subject: ${rendered.subject}`);
        if (rendered.preheader !== null) say(`Preheader: ${rendered.preheader}`);
        if (rendered.subject !== null || rendered.preheader !== null) say();
        say(rendered.text);
        if (options.html !== undefined) {
          if (rendered.html === null)
            throw new WaypostError(
              "WAYPOST_REQUEST",
              `--html: the ${message.channel} template "${message.template}" has no HTML part`,
            );
          await writeFile(options.html, rendered.html);
          say(`\nHTML written to ${options.html}`);
        }
      });
  },
};

async function messageFor(
  house: House,
  template: string | undefined,
  options: Options,
): Promise<ClaimedMessage> {
  if (options.message !== undefined) {
    const database = await house.database();
    const listed = await findMessage(database, options.message);
    const [message] = listed === undefined ? [] : await loadMessages(database, [listed.id]);
    if (message === undefined)
      throw new WaypostError(
        "WAYPOST_NOT_FOUND",
        `message "${options.message}": no such message; waypost messages lists them`,
      );
    return message;
  }
  if (template === undefined)
    throw new WaypostError(
      "WAYPOST_REQUEST",
      "preview: expected a template's name or --message ID, got neither",
    );
  const database = options.customer === undefined ? undefined : await house.database();
  const channel = options.channel ?? (await channelOf(house, template));
  return sampleMessage(
    { template, channel, now: house.clock.now() },
    database && { database, customer: options.customer ?? "" },
  );
}

/** E-mail, unless the template is for other channels alone. */
async function channelOf(house: House, template: string): Promise<string> {
  const { templates } = await house.composer();
  const channels = templates.list.filter(({ name }) => name === template).map((one) => one.channel);
  return channels.includes("email") ? "email" : (channels[0] ?? "email");
}
