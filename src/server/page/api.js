// How is the service asked? An answer that is none comes as an error with what can be done.

/// The service said no; `hint` is what it advises.
export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail ?? problem.title ?? `The service answered ${status}.`);
    this.hint = problem.hint ?? "";
    this.status = status;
  }
}

/// Nobody answered.
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

/// Ends when the service answers again.
export async function returned(signal) {
  while (!signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const response = await fetch("/healthz", { signal }).catch(() => null);
    if (response?.ok) return;
  }
}

const papers = new Map();

/// Papers that an answer told of need not be asked for.
export function remember(paper) {
  papers.set(paper.id, paper);
}

export async function paper(id, signal) {
  if (!papers.has(id)) remember(await json(`/api/v1/papers/${encodeURIComponent(id)}`, signal));
  return papers.get(id) ?? json(`/api/v1/papers/${encodeURIComponent(id)}`, signal);
}

/// The title of a paper, or its id where there is no such paper.
export async function title(id, signal) {
  return paper(id, signal).then((paper) => paper.title, () => id);
}
