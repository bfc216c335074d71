// Decides reviews by keys: each key presses its button, and the next review is shown.

import { refresh, say } from "./live.js";

let sending = Promise.resolve();

async function send(form, button) {
  const data = new URLSearchParams(new FormData(form, button));
  const next = data.get("next");
  data.delete("next");
  const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, headers: { Accept: "application/json" } });
  const result = await answer.json();
  if (!answer.ok) {
    say(result.detail); // the page stays at this review, if it is still pending
  } else {
    const done = result.result ?? result;
    const text = done.decided ? `${done.decided.length} decided.` : `${done.answers?.length ?? 0} undone.`;
    say([text, ...new Set(Object.values(done.refused ?? {}))].join(" "));
    history.replaceState(null, "", next);
  }
  await refresh();
}

function submit(form, button) {
  sending = sending.then(() => send(form, button)).catch((error) => say(String(error)));
}

document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("method") === "post" && event.target.closest("#review")) {
    event.preventDefault();
    submit(event.target, event.submitter);
  }
});

// The digest of a preview counts for the choice that it shows only.
document.addEventListener("change", ({ target: { form } }) => {
  const expected = form?.querySelector("#review [name=expected]");
  if (expected) {
    expected.disabled = [...form.elements].some((field) => field.checked !== field.defaultChecked);
  }
});

function find(key) {
  return document.querySelector(`#review [data-key="${CSS.escape(key)}"]`);
}

// Return what a button sends: the reviews, and the digest of the changes that are shown.
function describe(button) {
  return button?.form ? new URLSearchParams(new FormData(button.form, button)).toString() : "";
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]), select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
    return;
  }
  // The page may be replaced before the turn of a key: it answers only what the user has seen. To
  // undo the last answer, no review need be seen.
  const seen = describe(find(event.key));
  const press = () => {
    const place = find(event.key);
    if (place?.matches("button")) {
      return event.key === "u" || describe(place) === seen ? send(place.form, place) : say("Another review is shown now: press the key again.");
    }
    if (place?.matches("a")) {
      history.replaceState(null, "", place.href);
      return refresh();
    }
    place?.focus();
    return undefined;
  };
  if (find(event.key) || /^[aAlnujk]$/.test(event.key)) {
    event.preventDefault();
    sending = sending.then(press).catch((error) => say(String(error)));
  }
});
