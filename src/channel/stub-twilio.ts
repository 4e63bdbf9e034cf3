import type { StubRequest } from "./stub-request.ts";

/** An SMS the stub took, as `GET Messages` lists it. */
export interface TwilioTaken {
  readonly sid: string;
  readonly to: string;
  readonly from: string;
  readonly body: string;
  readonly at: Date;
}

/** `GET Messages.json?To=&PageSize=`, newest first. */
export function listTaken(taken: ReadonlyMap<string, readonly TwilioTaken[]>, url: URL): unknown {
  const all = taken.get(url.searchParams.get("To") ?? "") ?? [];
  const size = Number(url.searchParams.get("PageSize") ?? "50");
  return {
    messages: all
      .slice(-size)
      .toReversed()
      .map((one) => ({
        sid: one.sid,
        to: one.to,
        from: one.from,
        body: one.body,
        status: "delivered",
        direction: "outbound-api",
        date_created: one.at.toUTCString(),
        error_code: null,
      })),
    next_page_uri: all.length > size ? `${url.pathname}?Page=1` : null,
    page: 0,
    page_size: size,
  };
}

/** The body of a 201, or of an error with its code. */
export function twilioBody(
  request: StubRequest,
  sid: string,
  status: number,
  code: number | undefined,
): string {
  if (status >= 400)
    return JSON.stringify({
      code: code ?? 20000 + status,
      message: `stub: ${status}`,
      more_info: "https://www.twilio.com/docs/errors",
      status,
    });
  const { to, from, text } = request.message;
  return JSON.stringify({
    sid,
    status: "queued",
    to,
    from,
    body: text,
    direction: "outbound-api",
    date_created: new Date().toUTCString(),
    error_code: null,
    error_message: null,
  });
}
