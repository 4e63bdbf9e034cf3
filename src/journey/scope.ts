/** What a condition or a value may refer to, which depends on where it stands. */
export interface Scope {
  /** Whether there is an entry event, so that `entry.<property>` means something. */
  readonly entry: boolean;
  /** Whether there is a journey around it, whose own messages `message` asks about. */
  readonly journey: boolean;
  /** Whether a customer may have been at steps already: at calls, tasks and vouchers. */
  readonly steps: boolean;
}
