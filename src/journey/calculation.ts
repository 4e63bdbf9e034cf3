import { writeDuration } from "../duration.ts";
import type { Calculation, Offset } from "./journey.ts";

/** As a file says it. */
export function writeCalculation(calculation: Calculation): Readonly<Record<string, unknown>> {
  switch (calculation.kind) {
    case "number": {
      const { of: base, operation, by, round } = calculation;
      return {
        ...(operation !== null && { [operation]: by }),
        ...(base !== null && { of: base }),
        ...(round !== null && { round }),
      };
    }
    case "date":
      return { date: calculation.of, offset: writeOffset(calculation.offset) };
    case "join":
      return {
        join: calculation.parts.map((part) => (typeof part === "string" ? part : part.from)),
      };
  }
}

function writeOffset({ length, side }: Offset): string {
  return `${writeDuration(length)} ${side}`;
}

const signs = { add: "+", subtract: "-", multiply: "×", divide: "/" } as const;

/** `entry.total × 0.1, rounded` */
export function describeCalculation(calculation: Calculation, field: string): string {
  switch (calculation.kind) {
    case "number": {
      const { of: base, operation, by, round } = calculation;
      const sum = operation === null ? "" : ` ${signs[operation]} ${by}`;
      const rounded =
        round === null
          ? ""
          : `, rounded${round === 0 ? "" : ` to ${round} digit${round === 1 ? "" : "s"}`}`;
      return `${base ?? field}${sum}${rounded}`;
    }
    case "date":
      return `${writeOffset(calculation.offset)} ${calculation.of}`;
    case "join":
      return calculation.parts
        .map((part) => (typeof part === "string" ? JSON.stringify(part) : part.from))
        .join(" + ");
  }
}
