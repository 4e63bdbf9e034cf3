/** One thing the doctor looked at, and what to do where it is not well. */
export interface Finding {
  readonly about: string;
  readonly level: "ok" | "warn" | "error";
  readonly found: string;
  readonly remedy: string | null;
}

export const ok = (about: string, found: string): Finding => ({
  about,
  level: "ok",
  found,
  remedy: null,
});

export const warn = (about: string, found: string, remedy: string): Finding => ({
  about,
  level: "warn",
  found,
  remedy,
});

export const error = (about: string, found: string, remedy: string): Finding => ({
  about,
  level: "error",
  found,
  remedy,
});
