// Everything works without this. With it, open pages follow the numbers as they change.
const stream = document.body.dataset.stream;
const pulse = document.querySelector("[data-pulse]");
const pauseMs = 1500;
let isStale = false;
let isBusy = false;

const parts = (root) =>
  new Map([...root.querySelectorAll("[data-live]")].map((part) => [part.dataset.live, part]));

/** Someone who is at a control of this part is not disturbed. */
const isInUse = (part) =>
  part.contains(document.activeElement) && document.activeElement !== document.body;

const wides = (root) => [...root.querySelectorAll(".wide")];

/** A drawing that is wider than its place is looked at where the journey begins. */
for (const wide of wides(document)) {
  const start = wide.querySelector(".node.start")?.getBoundingClientRect();
  const place = wide.getBoundingClientRect();
  if (start) wide.scrollLeft += start.left + start.width / 2 - place.left - place.width / 2;
}

async function refresh() {
  if (isBusy || document.hidden) return;
  isBusy = true;
  isStale = false;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.redirected) return location.reload();
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = parts(page);
    for (const [name, part] of parts(document)) {
      const next = fresh.get(name);
      if (next && !isInUse(part) && next.innerHTML !== part.innerHTML) {
        const looked = wides(part).map((wide) => wide.scrollLeft);
        part.replaceChildren(...next.childNodes);
        wides(part).forEach((wide, index) => (wide.scrollLeft = looked[index] ?? 0));
        part.classList.add("fresh");
        setTimeout(() => part.classList.remove("fresh"), 1200);
      }
    }
  } catch {
    // The network will be back; the next change asks again.
  } finally {
    setTimeout(() => {
      isBusy = false;
      if (isStale) refresh();
    }, pauseMs);
  }
}

/** Listens while somebody looks: browsers allow a host six connections, and a stream takes one for each tab. */
function follow() {
  let news;
  let hasBeenOpen = false;
  const beat = (isLive) => pulse && (pulse.hidden = !isLive);
  const open = () => {
    news = new EventSource(stream);
    news.addEventListener("open", () => {
      beat(true);
      // What happened while the line was dead was told to nobody.
      isStale = hasBeenOpen;
      hasBeenOpen = true;
      if (isStale) refresh();
    });
    news.addEventListener("error", () => beat(false));
    news.addEventListener("change", () => {
      isStale = true;
      refresh();
    });
  };
  const close = () => {
    news?.close();
    news = undefined;
    beat(false);
  };
  const attend = () => {
    if (document.hidden) close();
    else if (news === undefined) open();
  };
  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", close);
  addEventListener("pageshow", attend);
  attend();
}

if (stream && document.querySelector("[data-live]")) follow();

for (const form of document.querySelectorAll("form[data-auto]"))
  form.addEventListener("change", () => form.requestSubmit());
