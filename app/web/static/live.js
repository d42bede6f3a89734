// What the worker tells by itself: one stream of server-sent events for the whole page.

const heard = new Map();
let source = null;
let state = () => {};

/** Have something called with what is told of a kind; returns what ends that. */
export function on(kind, call) {
  if (!heard.has(kind)) heard.set(kind, new Set());
  heard.get(kind).add(call);
  return () => heard.get(kind).delete(call);
}

function tell(kind, data) {
  for (const call of [...(heard.get(kind) ?? [])]) call(data);
}

/** Begin to listen; `told` hears "live" or "lost", `refused` that the stream was ended for good. */
export function listen(told, refused) {
  source?.close();
  state = told;
  source = new EventSource("api/events");
  const ours = source;
  source.addEventListener("open", () => state("live"));
  source.addEventListener("flow", (event) => tell("flow", JSON.parse(event.data)));
  source.addEventListener("changed", (event) => {
    for (const kind of JSON.parse(event.data)) tell(kind);
  });
  source.addEventListener("error", () => {
    state("lost");
    if (ours.readyState === EventSource.CLOSED) setTimeout(() => ours === source && refused(), 2500);
  });
}

export function hush() {
  source?.close();
  source = null;
}
