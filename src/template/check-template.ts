import { nearMiss, type Mistake } from "../errors.ts";
import { assemble, layoutSlots } from "./assemble.ts";
import { checkSource } from "./check-source.ts";
import {
  classes,
  mistakeAt,
  type SharedSources,
  type Source,
  type TemplateSource,
} from "./source.ts";
import { aboutFile } from "./template-file.ts";

/** Mistakes of layouts and partials, each on its own. */
export function checkShared(shared: SharedSources): readonly Mistake[] {
  const partials = new Set(shared.partials.keys());
  const inLayouts = new Set([...partials, ...layoutSlots]);
  const taken = layoutSlots.filter((slot) => partials.has(slot));
  return [
    ...taken.map((slot) =>
      aboutFile(
        shared.partials.get(slot)?.file ?? "",
        `"${slot}" names a part of layouts: rename this partial`,
      ),
    ),
    ...[...shared.partials].flatMap(([name, source]) => [
      ...checkSource(source, partials),
      ...checkCycle(name, source, shared),
    ]),
    ...[...shared.layouts.values()].flatMap((source) => [
      ...checkSource(source, inLayouts),
      ...(/\{\{~?>\s*content\b/.test(source.text)
        ? []
        : [mistakeAt(source, 0, "expected {{> content}}, where the template goes, found none")]),
    ]),
  ];
}

/** Mistakes of one template, apart from those of what it is made with, and from what a file that could not be read (one of `mistaken`) hides. */
export function checkTemplate(
  template: TemplateSource,
  shared: SharedSources,
  mistaken: ReadonlySet<string>,
): readonly Mistake[] {
  const { body, fields, text, channel } = template;
  const partials = new Set(shared.partials.keys());
  const sources = [...Object.values(fields), body, ...(text === null ? [] : [text])];
  const mistakes = sources.flatMap((source) => checkSource(source, partials));
  const layout = fields.layout;
  if (layout !== undefined && !shared.layouts.has(layout.text)) {
    const near = nearMiss(layout.text, shared.layouts.keys());
    const advice =
      near === undefined
        ? `create templates/layouts/${layout.text}.hbs`
        : `did you mean "${near}"?`;
    mistakes.push(mistakeAt(layout, 0, `found no layout "${layout.text}": ${advice}`));
  }
  const said = fields.class;
  if (said !== undefined && !classes.some((each) => each === said.text))
    mistakes.push(
      mistakeAt(said, 0, `class: expected ${classes.join(" or ")}, found "${said.text}"`),
    );
  const isHidden = mistaken.has(body.file) && Object.keys(fields).length === 0;
  if (channel === "email" && fields.subject === undefined && !isHidden) {
    mistakes.push(
      aboutFile(
        body.file,
        'an e-mail needs a subject: expected front matter such as "subject: Thank you"',
      ),
    );
  }
  return mistakes;
}

function checkCycle(name: string, source: Source, shared: SharedSources): readonly Mistake[] {
  const { cycle } = assemble(source, shared, new Map(), name);
  return cycle === null ? [] : [mistakeAt(source, 0, `this partial includes itself: ${cycle}`)];
}
