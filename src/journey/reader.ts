import { nearMiss } from "../errors.ts";
import type { Place } from "./place.ts";
import { type Schema, anything, listOf, oneOf } from "./schema.ts";

/**
 * Reads one kind of value. Whatever is wrong is noted at its place and the answer is undefined; null is a value.
 * The grammar of the files is these, put together. Each tells editors what it accepts, as far as a schema can say it.
 */
export interface Reader<T> {
  (place: Place): T | undefined;
  readonly schema?: Schema;
}

/** A reader that says in a schema what it accepts: never less than it does. */
export function described<T>(schema: Schema, read: Reader<T>): Reader<T> {
  return Object.assign((place: Place) => read(place), { schema });
}

/** What a key of a mapping holds, and what it means when it is left out (else it is required). */
export interface Key<T> {
  readonly read: Reader<T>;
  readonly absent?: { readonly value: T };
}

export const required = <T>(read: Reader<T>): Key<T> => ({ read });
export const optional = <T>(read: Reader<T>, absent: NoInfer<T>): Key<T> => ({
  read,
  absent: { value: absent },
});
export const nullable = <T>(read: Reader<T>): Key<T | null> => ({ read, absent: { value: null } });

export type Keys = Readonly<Record<string, Key<unknown>>>;
export type ReadKeys<K extends Keys> = {
  readonly [N in keyof K]: K[N] extends Key<infer T> ? T : never;
};

/** A mapping of known keys. `further` are keys that somebody else reads. */
export function mapping<K extends Keys>(
  what: string,
  keys: K,
  further: readonly string[] = [],
): Reader<ReadKeys<K>> {
  return map(parts(what, keys, further), wholeKeys);
}

/** The same, of which those are undefined that could not be read. */
export function parts<K extends Keys>(
  what: string,
  keys: K,
  further: readonly string[] = [],
): Reader<Partly<ReadKeys<K>>> {
  return described(schemaOf(keys), (place) => {
    if (!place.isMapping) return place.expected(what);
    const known = Object.keys(keys);
    for (const key of place.keys)
      if (!known.includes(key) && !further.includes(key)) place.at(key).unknown("key", known);
    return partsOf(keys, place);
  });
}

export type Partly<T> = { readonly [N in keyof T]: T[N] | undefined };

/** The values of these keys of a mapping, whatever else there is in it; undefined which could not be read. */
export function partsOf<K extends Keys>(keys: K, place: Place): Partly<ReadKeys<K>> {
  const entries = Object.entries(keys).map(([key, { read, absent }]) => [
    key,
    absent && !place.has(key) ? absent.value : read(place.at(key)),
  ]);
  return Object.fromEntries(entries) as Partly<ReadKeys<K>>;
}

export function wholeKeys<T extends object>(read: Partly<T>): T | undefined {
  return Object.values(read).includes(undefined) ? undefined : (read as T);
}

export function schemaOf(keys: Keys): Schema & { readonly properties: Schema } {
  const entries = Object.entries(keys);
  return {
    type: "object",
    properties: Object.fromEntries(
      entries.map(([key, { read }]) => [key, read.schema ?? anything]),
    ),
    required: entries.filter(([, { absent }]) => absent === undefined).map(([key]) => key),
    additionalProperties: false,
  };
}

/** A mapping whose keys are the operator's own, each read by what `readerOf` says for it. */
export function record<T>(
  what: string,
  readerOf: (key: string) => Reader<T>,
): Reader<Readonly<Record<string, T>>> {
  const values = readerOf("").schema ?? anything;
  return described({ type: "object", additionalProperties: values }, (place) => {
    if (!place.isMapping) return place.expected(what);
    return whole(
      place.keys.map((key) => {
        const value = readerOf(key)(place.at(key));
        return value === undefined ? undefined : ([key, value] as const);
      }),
      (entries) => Object.fromEntries(entries),
    );
  });
}

/** A list with at least one item. */
export function list<T>(what: string, read: Reader<T>): Reader<readonly T[]> {
  return map(items(what, read), (all) => whole(all, (each) => each));
}

/** The same, of which those are undefined that could not be read. */
export function items<T>(what: string, read: Reader<T>): Reader<readonly (T | undefined)[]> {
  return described(listOf(read.schema ?? anything), (place) =>
    place.isList && place.items.length > 0 ? place.items.map(read) : place.expected(what),
  );
}

/** A list, or a single item standing for a list of one. */
export function oneOrMore<T>(what: string, read: Reader<T>): Reader<readonly T[]> {
  const several = list(what, read);
  const one = map(read, (item) => [item]);
  const schema = oneOf(read.schema ?? anything, several.schema ?? anything);
  return described(schema, (place) => (place.isList ? several(place) : one(place)));
}

/** One of a few words. */
export function choice<W extends string>(what: string, words: readonly W[]): Reader<W> {
  return described({ enum: words }, (place) => {
    const word = words.find((each) => each === place.value);
    if (word !== undefined) return word;
    const meant = typeof place.value === "string" ? nearMiss(place.value, words) : undefined;
    return place.expected(
      meant === undefined ? `${what} (${words.join(", ")})` : `${what} (did you mean "${meant}"?)`,
    );
  });
}

export function map<T, U>(
  read: Reader<T>,
  make: (value: T, place: Place) => U | undefined,
): Reader<U> {
  return described(read.schema ?? anything, (place) => {
    const value = read(place);
    return value === undefined ? undefined : make(value, place);
  });
}

/** All parts, or undefined when one of them could not be read. */
function whole<T, U>(all: readonly (T | undefined)[], make: (parts: readonly T[]) => U) {
  const read = all.filter((part) => part !== undefined);
  return read.length === all.length ? make(read) : undefined;
}
