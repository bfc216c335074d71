// Keeps a page up to date: progress from events, everything else by reading the page again.

const MIN_WAIT = 400; // milliseconds between two reads of the page: with those of events below 1 s
const status = document.getElementById("status");
const LOST = "The server cannot be followed now.";
const RETRY_WAIT = 5000; // milliseconds
let due = false;
let reading = false;

export function say(text) {
  status.textContent = text;
}

// Replace the regions of this page by those of another version of it.
export async function refresh(place = location.href) {
  const answer = await fetch(place, { headers: { Accept: "text/html" } });
  if (answer.redirected && new URL(answer.url).pathname === "/login") {
    location.assign("/login");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const region of document.querySelectorAll("[data-region]")) {
    const fresh = page.getElementById(region.id);
    const busy = region.contains(document.activeElement) && document.activeElement.matches("input, select, textarea");
    const playing = [...region.querySelectorAll("audio")].some((audio) => !audio.paused);
    if (fresh && !busy && !playing) {
      update(region, fresh);
    }
  }
}

// Make a node like another one. What did not change stays, so that little is drawn again; a form is
// replaced as a whole, so that nothing typed into it is sent with another item.
function update(node, fresh) {
  if (node.isEqualNode(fresh)) {
    return;
  }
  const [parts, others] = [[...node.childNodes], [...fresh.childNodes]];
  if (node.nodeName !== fresh.nodeName || node.nodeName === "FORM" || parts.length !== others.length || !parts.length) {
    node.replaceWith(fresh);
    return;
  }
  for (const { name } of [...node.attributes].filter(({ name }) => name !== "open" && !fresh.hasAttribute(name))) {
    node.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (node.getAttribute(name) !== value) {
      node.setAttribute(name, value); // an image would be loaded again
    }
  }
  parts.forEach((part, number) => update(part, others[number]));
}

async function refreshSoon() {
  due = true;
  if (reading) {
    return;
  }
  reading = true;
  while (due && !document.hidden) {
    due = false;
    try {
      await refresh();
    } catch {
      say("The server cannot be reached.");
    }
    await new Promise((done) => setTimeout(done, MIN_WAIT));
  }
  reading = false;
}

function showProgress(event) {
  for (const [key, progress] of Object.entries(event.progress ?? {})) {
    for (const place of document.querySelectorAll(`[data-live="${CSS.escape(`${event.queue}/${key}`)}"]`)) {
      const bar = place.querySelector("progress");
      if (bar && progress.of) {
        bar.value = (100 * (progress.done ?? 0)) / progress.of;
      }
      const text = place.querySelector(".live");
      if (text) {
        const parts = progress.parts ? ` ${progress.parts[0]} of ${progress.parts[1]} parts` : "";
        const left = progress.seconds_left ? `, ${Math.ceil(progress.seconds_left)} s left` : "";
        text.textContent = `${progress.stage ?? ""}${parts}${left}`;
      }
    }
  }
}

let source = null;

function follow() {
  source = new EventSource("/api/v1/events");
  source.onopen = () => {
    if (status.textContent === LOST) {
      say("");
    }
    refreshSoon(); // what has changed since the page was made
  };
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.op === "progress") {
      showProgress(event);
    } else {
      refreshSoon();
    }
  };
  source.onerror = () => {
    // A browser connects again by itself, but not after an error such as that of a home that is gone.
    if (source.readyState === EventSource.CLOSED) {
      say(LOST);
      setTimeout(follow, RETRY_WAIT);
    }
  };
}

if (document.querySelector("[data-region]")) {
  follow();
  document.addEventListener("visibilitychange", () => due && refreshSoon());
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && follow());
}
