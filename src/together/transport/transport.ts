import { show } from "../../core/index.js";
import { federationInvalid } from "../federated/statistics.js";
import { checkName, type LetterKind, type Letters, letterOf, readLetter } from "./letters.js";

/** How sites reach each other: what one sends for a round, all receive. */
export interface FederationTransport {
  /**
   * Sends a letter; another one of the same site, round and kind takes its place.
   * @throws FEDERATION_INVALID for a wrong letter or name; STORE_UNREACHABLE
   */
  send<K extends LetterKind>(round: string, kind: K, letter: Letters[K]): Promise<void>;
  /**
   * What was sent for a round so far, by site in alphabetical order.
   * @throws FEDERATION_INVALID where a letter is damaged; STORE_UNREACHABLE
   */
  receive<K extends LetterKind>(round: string, kind: K): Promise<Letters[K][]>;
}

/** Where letters lie as text: all that a new transport has to bring. */
export interface Mailbox {
  write(round: string, kind: LetterKind, site: string, text: string): Promise<void>;
  /** In the order of sites; with the site under whose name each lies, where the mailbox has names. */
  read(round: string, kind: LetterKind): Promise<{ text: string; site?: string }[]>;
}

/** A transport over a mailbox: names and letters are checked both ways. */
export function transportOver(mailbox: Mailbox): FederationTransport {
  return {
    async send(round, kind, letter) {
      checkName("round", round);
      const { site } = ofRound(round, letterOf(kind, letter));
      await mailbox.write(round, kind, site, JSON.stringify(letter));
    },
    async receive(round, kind) {
      checkName("round", round);
      return (await mailbox.read(round, kind)).map(({ text, site }) => {
        const letter = ofRound(round, readLetter(kind, text));
        if (site === undefined || letter.site === site) return letter;
        throw federationInvalid(
          `a ${kind} of the site ${show(letter.site)} under the name of ${show(site)}`,
          "a site's letter under its own name",
          "Remove the letter, and ask both sites who wrote it.",
        );
      });
    },
  };
}

/** A letter that names its round is one of no other. */
function ofRound<L extends Letters[LetterKind]>(round: string, letter: L): L {
  if (!("round" in letter) || letter.round === round) return letter;
  throw federationInvalid(
    `a letter of the round ${show(letter.round)} in the round ${show(round)}`,
    "letters of one round",
    "Send it in the round that it was masked for.",
  );
}
