/**
 * What we say. Templates are files `templates/<name>.<channel>[.<locale>].hbs` with front matter, compiled once and
 * rendered tens of thousands of times a second. Rendering is pure: same template, same variables, same text.
 */
export interface Templates {
  /** Every template by name: its channels and locales, for checks and near misses. */
  readonly list: readonly TemplateFile[];
  has(name: string, channel: string): boolean;
  /**
   * Render for one customer. Locale falls back from `de-AT` to `de` to the file without a locale. Throws WaypostError
   * (WAYPOST_TEMPLATE) that names template and variable.
   */
  render(
    name: string,
    channel: string,
    locale: string | null,
    variables: Variables,
    track: TrackUrl,
  ): Rendered;
}

export interface TemplateFile {
  readonly name: string;
  readonly channel: string;
  readonly locale: string | null;
  readonly file: string;
  /** SHA-256 of the file and of the layout and partials it is made with. */
  readonly hash: string;
  /** What it and its layout and partials read; null where mistakes hide it. */
  readonly reads: readonly VariableRead[] | null;
  /** Whether mistakes may hide something that it reads. */
  readonly isPartlyRead: boolean;
  /** What it says of the entries of lists, such as `entry.items[].name`. */
  readonly ofEntries: readonly VariableRead[];
  /** The journeys it is for; null for any. */
  readonly class: "marketing" | "transactional" | null;
}

/** A variable by its path from the top, such as `customer.first_name`, and where it is read first. */
export interface VariableRead {
  readonly path: string;
  readonly file: string;
  readonly line: number;
  /** Whether it must exist: it is said without being asked about (`if`, `default` and the like), and so is what it is part of. */
  readonly isRequired: boolean;
}

/** What a template may say: plain JSON values under `customer`, `account`, `event` (or `entry`), `voucher`, `call`, `journey`, `shop`, and URLs. */
export type Variables = Readonly<Record<string, unknown>>;

/** Called for every link of the rendered message with its final, unescaped URL; returns the URL to put in its place. */
export type TrackUrl = (url: string) => string;

export interface Rendered {
  readonly subject: string | null;
  readonly preheader: string | null;
  readonly from: string | null;
  readonly replyTo: string | null;
  readonly html: string | null;
  readonly text: string;
}
