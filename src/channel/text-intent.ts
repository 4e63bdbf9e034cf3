/** What a customer means by a text: leave, come back, a cry for help, or just an answer. */
export type TextIntent = "opt_out" | "opt_in" | "help" | "reply";

/**
 * The whole message must say so, politeness aside: "please do not stop" is a reply. 47 CFR 64.1200(a)(10) asks for any
 * reasonable words, so besides the carriers' keywords there is a list of the phrases people write.
 */
export function intentOf(text: string): TextIntent {
  const said = normalised(text);
  if (optOut.has(said)) return "opt_out";
  if (optIn.has(said)) return "opt_in";
  return help.has(said) ? "help" : "reply";
}

const optOut = phrases(`
  stop, stopall, stop all, unsubscribe, end, quit, revoke, optout, opt out, cancel,
  reply stop, text stop, send stop, stop unsubscribe, stop stopall, end all, cancel all, unsubscribe all,
  stop it, stop this, just stop, make it stop, stop already, stop text, stop texts, stop texting, stop texting me,
  stop the texts, stop these texts, stop all texts, stop messages, stop the messages, stop these messages,
  stop all messages, stop messaging me, stop sending, stop sending texts, stop sending messages, stop sending these,
  stop sending me texts, stop sending me messages, stop sending me these, stop contacting me, stop bothering me,
  stop spam, stop spamming me, i want to stop, i want you to stop, i said stop, you must stop,
  no more, no more texts, no more messages, no more sms, no more of this, no more spam,
  remove, remove me, remove my number, remove me from your list, remove me from the list, remove me from this list,
  delete me, delete my number, take me off, take me off your list, take me off the list, take me off this list,
  leave me alone, go away, do not text, do not text me, do not text me again, do not text me anymore,
  do not contact me, do not contact me again, do not message me, do not send me messages,
  dont text, dont text me, dont text me again, dont text me anymore,
  dont contact me, dont contact me again, dont message me, dont send me messages,
  unsubscribe me, unsubscribe me from this list, unsubscribe from list, i want to unsubscribe,
  opt me out, i opt out, i want to opt out, i revoke, i revoke my consent, revoke consent, i withdraw my consent,
  cancel my subscription, cancel subscription, cancel texts, cancel messages, end texts, end messages,
  end subscription, quit texting me,
  arret, arreter, arretez, stopper, desabonner, desabonnement, me desabonner, desinscription, desinscrire,
  parar, pare, para, alto, baja, dar de baja, darme de baja, detener, basta, no mas, no mas mensajes, cancelar,
  cancele, salir, fin,
  stopp, abmelden, abmeldung, abbestellen, austragen, keine sms mehr, keine nachrichten mehr, aufhoren,
  fermare, ferma, fermati, annulla, disiscrivimi, cancellami, cancella,
  sair, descadastrar, cancelar inscricao, nao quero mais, afmelden, uitschrijven
`);

/** YES is left out, though Twilio lifts its own block on it: it may answer any question, and consent must be meant. */
const optIn = phrases(`
  start, unstop, optin, opt in, opt me in, subscribe, resubscribe, subscribe me, reply start, text start
`);

const help = phrases(`
  help, help me, info, information, reply help, text help, aide, ayuda, hilfe, aiuto, ajuda, hulp,
  who is this, who are you
`);

/** English first, the carriers' and the FCC's own words at its head; then French, Spanish, German, Italian, Portuguese, Dutch, without accents. */
function phrases(list: string): ReadonlySet<string> {
  return new Set(list.split(",").map((phrase) => phrase.trim()));
}

/** What may be taken off a text without changing what it says; one at a time, since "no" may be politeness or half of "no more". */
const trimmings: readonly [RegExp, string][] = [
  [/^(.+?)(?: \1)+$/u, "$1"],
  [
    /^(?:please|pls|plz|hi|hello|hey|ok|okay|sorry|no|por favor|bitte|svp|s il vous plait|per favore)\s/,
    "",
  ],
  [
    /\s(?:please|pls|plz|now|thanks|thank you|thx|ty|immediately|sir|madam|por favor|gracias|bitte|danke|svp|merci|s il vous plait|per favore|grazie|obrigado)$/,
    "",
  ],
];

function trimmed(text: string): string {
  let said = text;
  while (!known(said)) {
    const shorter = trimmings
      .map(([pattern, kept]) => said.replace(pattern, kept))
      .find((less) => less !== said);
    if (shorter === undefined) return said;
    said = shorter;
  }
  return said;
}

/** Lower case without accents, invisible characters, punctuation, emoji, stretched letters, repeated words and politeness. */
function normalised(text: string): string {
  const words = text
    .slice(0, 200)
    .normalize("NFKD")
    .replace(/[\p{M}\p{Cf}]/gu, "")
    .toLowerCase()
    .replace(/n['’`´]t\b/g, "nt")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
  const spelled = /^(?:\p{L} ){2,}\p{L}$/u.test(words) ? words.replaceAll(" ", "") : words;
  return trimmed(spelled.replace(/(\p{L})\1{2,}/gu, "$1"));
}

function known(said: string): boolean {
  return optOut.has(said) || optIn.has(said) || help.has(said);
}
