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

document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input:not([type=radio]), select, textarea");
  if (typing || event.ctrlKey || event.altKey || event.metaKey || event.repeat) {
    return;
  }
  // The page may be replaced before a key is handled: it is looked up when its turn comes.
  const press = () => {
    const place = document.querySelector(`#review [data-key="${CSS.escape(event.key)}"]`);
    if (place?.matches("button")) {
      return send(place.form, place);
    }
    if (place?.matches("a")) {
      history.replaceState(null, "", place.href);
      return refresh();
    }
    place?.focus();
    return undefined;
  };
  if (document.querySelector(`#review [data-key="${CSS.escape(event.key)}"]`) || /^[aAlnujk]$/.test(event.key)) {
    event.preventDefault();
    sending = sending.then(press).catch((error) => say(String(error)));
  }
});
