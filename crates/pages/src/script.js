// What pages do besides, where scripts run: copying a line, `/` for the search, and looking again while something is made.
"use strict";
document.documentElement.classList.add("js");

document.addEventListener("click", async ({ target }) => {
  const button = target.closest(".copy");
  if (!button) return;
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = words), 1500);
});

document.addEventListener("keydown", (event) => {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  document.getElementById("q")?.focus();
});

// The address of the state holds its answer for some seconds, until there is news.
const slot = document.querySelector("[data-state]");
const look = async () => {
  let pause = 1000;
  try {
    const reply = await fetch(slot.dataset.state, { headers: { accept: "application/json" } });
    if (reply.ok) {
      if ((await reply.json()).sdk?.state?.is !== slot.dataset.is) return location.reload();
    } else {
      pause = 15_000;
    }
  } catch {
    pause = 15_000;
  }
  setTimeout(look, pause);
};
if (slot) look();
