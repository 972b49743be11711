// How persons sign in, by the pages that they see.

/** Signs in at the provider's own pages, from the registry's. */
export async function signIn(page, url, login) {
  await page.goto(`${url}/-/login`);
  await page.getByRole("link", { name: /^Sign in with/ }).click();
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.locator("button[type=submit]").click();
  // Once for each client: what the registry may read.
  await page.getByRole("button", { name: "Continue" }).click();
}

/** [signIn] for the first time, taking a name. */
export async function signUp(page, url, login, name = login) {
  await signIn(page, url, login);
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByRole("button", { name: "Take this name" }).click();
}
