/** A delivery id that came back from outside, in lower case; null when it is not one of ours. */
export function deliveryIdOf(text: unknown): string | null {
  if (typeof text !== "string") return null;
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : null;
}
