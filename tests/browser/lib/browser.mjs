// A browser as a person has one.

import { chromium } from "playwright-core";

const PROGRAM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking"];

/** Starts the browser; it ends with the tests that close it. */
export function launch() {
  return chromium.launch({ executablePath: PROGRAM, args: FLAGS });
}

/** A window of a person's own: with no cookies. It trusts the registry's certificate, whose authority no system knows. */
export async function person(browser, t, { of, ...options } = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const said = [];
  // That a page itself was refused is no fault of its; what it loads is.
  const isRefusal = (message) => message.location().url === page.url() && /status of 4\d\d/.test(message.text());
  const isOurs = (message) => message.type() === "error" && message.location().url.startsWith(of) && !isRefusal(message);
  if (of) page.on("console", (message) => isOurs(message) && said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  return Object.assign(page, { said });
}
