import { type Logger, pino } from "pino";

export type Log = Logger;

/** Structured log lines on stderr, so that stdout stays a command's answer. Ids only: never an address or a name. */
export function createLog(level: string): Log {
  return pino(
    {
      level,
      redact: {
        paths: ["email", "phone", "address", "to", "*.email", "*.phone", "*.address", "*.to"],
      },
    },
    pino.destination({ fd: 2, sync: true }),
  );
}
