import { type SaxesTagNS, SaxesParser } from "saxes";
import { type Mistake, reasonOf } from "../errors.ts";

/** An element of an XML file. Names without their prefixes; `space` tells whose they are. */
export interface XmlElement {
  readonly name: string;
  readonly space: string;
  readonly line: number;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlElement[];
  /** The text directly inside. */
  readonly text: string;
}

const MOST_CHARACTERS = 4_000_000;
const MOST_ELEMENTS = 50_000;
const DEEPEST = 60;

interface Open extends XmlElement {
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads a whole XML file, strictly. A document type is refused, and with it every entity of the file's own; so are files that are
 * larger or nested deeper than any drawing is.
 */
export function readXml(text: string, file: string): XmlElement | Mistake {
  const wrong = (message: string, line = 1): Mistake => ({
    file,
    line,
    column: 1,
    path: "",
    message,
  });
  if (text.length > MOST_CHARACTERS)
    return wrong(`expected at most ${MOST_CHARACTERS} characters, found ${text.length}`);
  const parser = new SaxesParser({ xmlns: true });
  const open: Open[] = [];
  let root: Open | undefined;
  let count = 0;
  const refuse = (message: string): never => {
    throw new Refusal(message);
  };
  parser.on("error", (error) => refuse(error.message.replace(/^\d+:\d+: /, "")));
  parser.on("doctype", () =>
    refuse("expected no document type (<!DOCTYPE): it is not needed, and entities are not read"),
  );
  parser.on("opentag", (tag) => {
    count += 1;
    if (open.length >= DEEPEST) refuse(`expected elements at most ${DEEPEST} deep`);
    if (count > MOST_ELEMENTS) refuse(`expected at most ${MOST_ELEMENTS} elements`);
    const element = elementOf(tag, parser.line);
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  const add = (said: string) => {
    const last = open.at(-1);
    if (last !== undefined) last.text += said;
  };
  parser.on("text", add);
  parser.on("cdata", add);
  parser.on("closetag", () => void open.pop());
  try {
    parser.write(text).close();
  } catch (thrown) {
    return wrong(thrown instanceof Refusal ? thrown.message : reasonOf(thrown), parser.line);
  }
  return root ?? wrong("expected an XML file, found nothing");
}

class Refusal extends Error {}

function elementOf(tag: SaxesTagNS, line: number): Open {
  const attributes = Object.values(tag.attributes).map(
    ({ local, value }) => [local, value] as const,
  );
  return {
    name: tag.local,
    space: tag.uri,
    line,
    attributes: new Map(attributes),
    children: [],
    text: "",
  };
}
