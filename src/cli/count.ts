import { InvalidArgumentError } from "commander";

/** Reads an option that is a whole number between two bounds. */
export function count(least: number, most: number): (text: string) => number {
  return (text) => {
    const read = Number(text);
    if (/^\d+$/.test(text) && read >= least && read <= most) return read;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}
