// Talks to the workspace server; a refusal becomes an Error that carries the server's sentence.

const UNREACHABLE = "The workspace cannot be reached. Is Lorebot still running?";

export async function get(path, parameters) {
  return answered(fetch(`${path}?${new URLSearchParams(parameters)}`));
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answered(fetch(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function answered(request) {
  const response = await request.catch(() => {
    throw new Error(UNREACHABLE);
  });
  const body = await response.json().catch(() => ({}));
  if (!response.ok || body.ok === false) throw new Error(body.error || UNREACHABLE);
  return body;
}
