// What is asked of the worker, and how it refuses.

export class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let csrf = null;

async function answer(response) {
  const told = await response.json().catch(() => null);
  if (response.ok) return told;
  const error = told?.error ?? { code: "unavailable", message: `HTTP ${response.status}` };
  throw new Refused(response.status, error.code, error.message);
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(`api/${path}`, options);
  } catch {
    throw new Refused(0, "lost", "the worker does not answer");
  }
  return answer(response);
}

export const get = (path) => ask(path, { headers: { Accept: "application/json" } });

export const post = (path, body = {}) =>
  ask(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...(csrf ? { "X-Hive-Csrf": csrf } : {}) },
    body: JSON.stringify(body),
  });

/** Ask who we are; what is then changed is changed in that name. */
export async function whoami() {
  const me = await get("me");
  csrf = me.csrf;
  return me;
}

export const id = (text) => encodeURIComponent(text);
