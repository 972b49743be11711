// What came of a client's command, in the words of the table.

import { stripVTControlCharacters } from "node:util";

/**
 * `ok`; or `fails`, and what the client then shows: `words` (the registry's own sentence), else the
 * `status`, else only the `name` of what it wanted, else `nothing`.
 */
export function outcome({ code, said }, { words, status, name }) {
  if (code === 0) return "ok";
  // Clients break lines where they like.
  const text = stripVTControlCharacters(said).replaceAll(/[\s│]+/g, "");
  const shows = (part) => part !== undefined && text.includes(String(part).replaceAll(/\s+/g, ""));
  if (shows(words)) return "fails: words";
  if (shows(status)) return `fails: ${status}`;
  return shows(name) ? "fails: name" : "fails: nothing";
}
