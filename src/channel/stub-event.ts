/** Something that happens to a message after the provider took it. */
export interface StubEvent {
  readonly what:
    | "processed"
    | "delivered"
    | "deferred"
    | "bounced"
    /** Bounced hours later: SendGrid reports these without its message id. */
    | "bounced_late"
    | "blocked"
    | "dropped"
    | "complained"
    /** The customer looks at it: every image at `follow` is fetched. */
    | "opened"
    /** A mail service fetches the images whether or not anybody looks. */
    | "opened_by_machine"
    /** One link at `follow` is requested. */
    | "clicked"
    /** A security gateway requests every link. */
    | "scanned"
    /** The one-click POST of RFC 8058. */
    | "left"
    /** The customer answers an SMS. */
    | "replied";
  /** Milliseconds after the message was taken, in the customer's time. */
  readonly afterMs: number;
  /** What was replied; why it bounced; the error code of a failed SMS. */
  readonly text?: string;
}

/** What of a taken message is kept for its events. */
export interface TakenMessage {
  readonly provider: "sendgrid" | "twilio";
  readonly deliveryId: string | null;
  readonly receipt: string;
  readonly to: string;
  readonly from: string;
  readonly text: string;
  readonly statusCallback: string | null;
  readonly images: readonly string[];
  readonly links: readonly string[];
  /** The address of the one-click POST. */
  readonly leave: string | null;
}
