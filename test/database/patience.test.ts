import { expect, test } from "vitest";
import { patiently } from "../../src/database/patience.ts";
import { isOutage } from "../../src/database/sql-state.ts";

const fault = (message: string, code?: string) =>
  Object.assign(new Error(message), code === undefined ? {} : { code });
const isFull = fault("could not extend file: No space left on device", "53100");
const conflict = fault("could not serialize access", "40001");

/** Fails so often, and then not any more. */
function failing(times: number, thrown: Error) {
  let made = 0;
  const write = async () => {
    made += 1;
    if (made <= times) throw thrown;
    return made;
  };
  return { write, made: () => made };
}

const going = { stopping: new AbortController().signal, tries: 5, pauseMs: 0 };

test("an answer is written down when the disk has room again, however long that takes", async () => {
  expect(await patiently(failing(200, isFull).write, going)).toBe(201);
});

test("any other fault is tried a few times and no more, and one that no try mends once", async () => {
  expect(await patiently(failing(5, conflict).write, going)).toBe(6);
  await expect(patiently(failing(6, conflict).write, going)).rejects.toBe(conflict);
  const { write, made } = failing(1, conflict);
  await expect(patiently(write, { ...going, isHopeless: () => true })).rejects.toBe(conflict);
  expect(made()).toBe(1);
});

test("a worker that has to stop does not wait an outage out", async () => {
  const { write, made } = failing(200, isFull);
  await expect(patiently(write, { ...going, stopping: AbortSignal.abort() })).rejects.toBe(isFull);
  expect(made()).toBe(6);
});

test.each([
  ["a server that is gone", fault("connect ECONNREFUSED 127.0.0.1:5432", "ECONNREFUSED")],
  ["a broken connection", fault("Connection terminated unexpectedly")],
  ["one that could not be made in time", fault("timeout expired")],
  ["a server that starts", fault("the database system is starting up", "57P03")],
  ["a replica before it takes over", fault("cannot execute UPDATE", "25006")],
])("%s is an outage", (_, thrown) => {
  expect(isOutage(thrown)).toBe(true);
});

test.each([
  ["a statement that took too long", fault("canceling statement", "57014")],
  ["a right that is missing", fault("permission denied", "42501")],
  ["a mistake", new TypeError("x is not a function")],
  ["an error of our own", fault("2 answers could not be written")],
])("%s is none", (_, thrown) => {
  expect(isOutage(thrown)).toBe(false);
});
