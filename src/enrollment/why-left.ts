import { sql } from "kysely";
import type { StepId } from "../journey/journey.ts";
import { type Case, instant } from "./why-case.ts";

/** What a step left behind: a message, a call, a task or a voucher, what became of it, and why. */
export interface Left {
  readonly kind: "message" | "call" | "task" | "voucher";
  readonly id: string;
  /** "email thank-you", "pool welcome-10". */
  readonly what: string;
  readonly state: string;
  readonly reason: string | null;
  readonly at: Date;
  /** What happened with it and when, or how long it is put off. */
  readonly story: string;
}

interface Row {
  readonly kind: Left["kind"];
  readonly id: string;
  readonly step: StepId;
  readonly what: string;
  readonly state: string;
  readonly reason: string | null;
  readonly at: Date;
  readonly due: Date | null;
  readonly times: Readonly<Record<string, string | null>>;
}

/** By step, the oldest first. */
export async function leftBy(
  { session, at }: Case,
  enrollmentId: string,
): Promise<ReadonlyMap<StepId, readonly Left[]>> {
  const { rows } = await sql<Row>`
    select 'message' as kind, id, step, channel || ' ' || template as what, state, reason, planned_at as at,
           case when state in ('planned', 'retry') then due_at end as due,
           jsonb_build_object('sent', sent_at, 'accepted', accepted_at, 'delivered', delivered_at, 'bounced', bounced_at,
             'opened', opened_at, 'clicked', clicked_at, 'unsubscribed', unsubscribed_at) as times
    from messages where enrollment_id = ${enrollmentId} and planned_at <= ${at}
    union all
    select 'call', id, step, 'call', state, coalesce(reason, 'status ' || status), planned_at,
           case when state in ('planned', 'retry') then due_at end, jsonb_build_object('finished', finished_at)
    from calls where enrollment_id = ${enrollmentId} and planned_at <= ${at}
    union all
    select 'task', id, step, list, coalesce(outcome, state), note, made_at, case when state = 'open' then until end,
           jsonb_build_object('finished', finished_at)
    from tasks where enrollment_id = ${enrollmentId} and made_at <= ${at}
    union all
    select 'voucher', id, step, 'from ' || pool,
           case when redeemed_at <= ${at} then 'redeemed' when expires_at <= ${at} then 'expired' else 'handed out' end,
           null, handed_out_at, null, jsonb_build_object('redeemed', redeemed_at, 'expires', nullif(expires_at, 'infinity'))
    from vouchers where enrollment_id = ${enrollmentId} and handed_out_at <= ${at}
    order by at, kind, id`.execute(session);
  return new Map(
    [...Map.groupBy(rows, ({ step }) => step)].map(([step, those]) => [
      step,
      those.map((row) => leftOf(row, at)),
    ]),
  );
}

function leftOf({ due, ...row }: Row, at: Date): Left {
  const { kind, id, what, times } = row;
  const known = Object.entries(times)
    .flatMap(([doing, when]) => (when === null ? [] : [{ doing, when: new Date(when) }]))
    .toSorted((a, b) => a.when.getTime() - b.when.getTime());
  const happened = known.filter(({ doing, when }) => doing === "expires" || when <= at);
  const { state, reason } = stateAt(
    row,
    known.filter((one) => !happened.includes(one)).map(({ doing }) => doing),
  );
  const first = kind === "voucher" ? "handed out" : kind === "task" ? "made" : "planned";
  const story = [
    `${first} ${instant(row.at)}`,
    ...happened.map(({ doing, when }) => `${doing} ${instant(when)}`),
    ...(due === null ? [] : [`${kind === "task" ? "until" : "goes out"} ${instant(due)}`]),
  ];
  return { kind, id, what, state, reason, at: row.at, story: story.join(", ") };
}

/** What a message comes through on its way, the furthest first, and the state that it is in there. */
const onTheWay = [
  ["bounced", "bounced"],
  ["delivered", "delivered"],
  ["accepted", "accepted"],
  ["sent", "sending"],
] as const;

/** The state before what happened only later. Where no time of it was kept, it is told as it is now. */
function stateAt(
  { kind, state, reason, times }: Omit<Row, "due">,
  later: readonly string[],
): Pick<Left, "state" | "reason"> {
  if (kind === "call" || kind === "task")
    return later.includes("finished")
      ? { state: kind === "task" ? "open" : "planned", reason: null }
      : { state, reason };
  if (!onTheWay.some(([doing]) => later.includes(doing))) return { state, reason };
  const reached = onTheWay.find(
    ([doing]) => (times[doing] ?? null) !== null && !later.includes(doing),
  );
  return { state: reached?.[1] ?? "planned", reason: null };
}
