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
import { type GivenOptions, isWrittenOut, readGiven } from "./preview-given.ts";

interface Options extends GivenOptions {
  readonly channel?: string;
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
        "id, own id or e-mail of a customer; or JSON of fields for the example customer, who needs no database",
      )
      .option("--account <json>", "the customer's account, such as { name: Acme }")
      .option(
        "--entry <json>",
        "what the event or the request carried, in place of the example's; JSON, or a file of it",
      )
      .option("--call <json>", "what services answered, by step, such as { score: { value: 0.8 } }")
      .option("--voucher <code>", 'a code, { code: X, expires_at: 2027-01-31 }, or "none"')
      .option("--message <id>", "a message of the ledger, as it would be rendered now")
      .option("--html <file>", "write the HTML part to a file, to open in a browser")
      .option("--json", "one line of JSON: { subject, preheader, from, html, text }")
      .addHelpText(
        "after",
        '\nExamples:\n  $ waypost preview thank-you\n  $ waypost preview thank-you --channel sms --customer c-17\n  $ waypost preview thank-you --customer \'{ "locale": "de" }\' --entry \'{ "total": 12, "currency": "EUR" }\'\n  $ waypost preview thank-you --entry order.json --voucher none\n  $ waypost preview --message 1041 --html preview.html',
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
    const given = ["customer", "account", "entry", "call", "voucher"] as const;
    const stray = given.find((name) => options[name] !== undefined);
    if (stray !== undefined)
      throw new WaypostError(
        "WAYPOST_REQUEST",
        `--${stray}: a message is rendered with what it has; leave out --${stray}, or name its template instead of --message`,
      );
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
  const channel = options.channel ?? (await channelOf(house, template));
  const given = await readGiven(options, await answersRead(house, template, channel));
  const { customer } = options;
  const to =
    customer === undefined || isWrittenOut(customer)
      ? undefined
      : { database: await house.database(), customer };
  return sampleMessage({ template, channel, now: house.clock.now() }, to, given);
}

/** The steps whose answers the template reads in any of its languages; undefined where mistakes or answers as a whole hide them. */
async function answersRead(
  house: House,
  template: string,
  channel: string,
): Promise<readonly string[] | undefined> {
  const { templates } = await house.composer();
  const files = templates.list.filter((file) => file.name === template && file.channel === channel);
  const reads = files.flatMap((file) => file.reads?.map(({ path }) => path) ?? ["call"]);
  const steps = reads
    .filter((path) => /^call(?:\.|$)/.test(path))
    .map((path) => path.split(".")[1]);
  return steps.includes(undefined) ? undefined : [...new Set(steps as readonly string[])];
}

/** E-mail, unless the template is for other channels alone. */
async function channelOf(house: House, template: string): Promise<string> {
  const { templates } = await house.composer();
  const channels = templates.list.filter(({ name }) => name === template).map((one) => one.channel);
  return channels.includes("email") ? "email" : (channels[0] ?? "email");
}
