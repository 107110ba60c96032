"use strict";
// Comfort only: without a script the page says all the same. Its hash stands in the page's policy.
(() => {
  const byId = (id) => document.getElementById(id);
  const dialog = byId("looked-at");
  const told = byId("told");

  const target = (link) => byId(decodeURIComponent(link.hash.slice(1)));

  const reveal = (link) => {
    for (let at = target(link); at; at = at.parentElement) {
      if (at.tagName === "DETAILS") at.open = true;
    }
  };

  const look = (link) => {
    const place = target(link);
    if (!place || !dialog.showModal) return false;
    // It is moved, not copied, so each id stays the only one; it goes back to its place on closing.
    const kept = document.createComment("shown above");
    place.replaceWith(kept);
    dialog.querySelector("h2").textContent = link.closest("tr").querySelector("th a").textContent;
    dialog.querySelector(".content").replaceChildren(place);
    dialog.querySelector(".there").setAttribute("href", link.hash);
    dialog.addEventListener("close", () => kept.replaceWith(place), { once: true });
    for (const one of place.querySelectorAll("details")) one.open = true;
    dialog.showModal();
    dialog.scrollTop = 0;
    return true;
  };

  const copy = async (button) => {
    const source = byId(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      told.textContent = "Copied.";
    } catch {
      source.hidden = false;
      source.focus();
      if (source.select) source.select();
      else getSelection().selectAllChildren(source);
      told.textContent = "Selected; copy it from there.";
    }
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    const button = event.target.closest("button");
    if (button && button.dataset.copy) copy(button);
    if (event.target === dialog || (button && button.value === "close")) dialog.close();
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.closest("td[data-outcome]") && look(link)) {
      event.preventDefault();
    } else if (link.closest("dialog")) {
      // Closing puts the place back, and only then is there something to go to.
      event.preventDefault();
      dialog.addEventListener("close", () => { reveal(link); location.hash = link.hash; }, { once: true });
      dialog.close();
    } else {
      reveal(link);
    }
  });

  for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;
})();
