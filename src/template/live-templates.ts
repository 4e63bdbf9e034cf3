import type { Rendered, TemplateFile, Templates, TrackUrl, Variables } from "./template.ts";

/** Templates that can be replaced while messages are being rendered: what `waypost start` does when a file changes. */
export class LiveTemplates implements Templates {
  #current: Templates;
  constructor(templates: Templates) {
    this.#current = templates;
  }

  replace(templates: Templates): void {
    this.#current = templates;
  }

  get list(): readonly TemplateFile[] {
    return this.#current.list;
  }

  has(name: string, channel: string): boolean {
    return this.#current.has(name, channel);
  }

  render(
    name: string,
    channel: string,
    locale: string | null,
    variables: Variables,
    track: TrackUrl,
  ): Rendered {
    return this.#current.render(name, channel, locale, variables, track);
  }
}
