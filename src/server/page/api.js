// Calls the API. Errors have the hint of the service.

/// The service returned an error, with its hint.
export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    this.hint = problem.hint ?? "";
    this.status = status;
  }
}

/// The service cannot be reached.
export class Gone extends Error {}

export async function json(address, signal) {
  return (await answered(address, signal)).json();
}

export async function answered(address, signal) {
  const response = await fetch(address, { signal }).catch((error) => {
    throw signal?.aborted ? error : new Gone();
  });
  if (response.ok) return response;
  throw new Refused(await response.json().catch(() => ({})), response.status);
}

/// Waits until the service responds again.
export async function returned(signal) {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const response = await fetch("healthz", { signal }).catch(() => null);
    if (response?.ok) return;
  }
}

const papers = new Map();

/// Caches a paper of a response.
export function remember(paper) {
  papers.set(paper.id, paper);
}

export async function paper(id, signal) {
  if (!papers.has(id)) remember(await json(`api/v1/papers/${encodeURIComponent(id)}`, signal));
  return papers.get(id) ?? json(`api/v1/papers/${encodeURIComponent(id)}`, signal);
}

/// The title of a paper, or its id if it is not found.
export async function title(id, signal) {
  return paper(id, signal).then((paper) => paper.title, () => id);
}
