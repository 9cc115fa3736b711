// Remembers small choices (theme, person, what was read) in the browser's own storage.

const PREFIX = "lorebot.";

export function recall(key, otherwise = null) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // A browser that forbids storage forgets; nothing else depends on it.
  }
}

/** Who this tab acts as: each tab may be somebody else, a new one starts as the last chosen. */
export function recallPerson() {
  try {
    return sessionStorage.getItem(`${PREFIX}person`) ?? recall("person");
  } catch {
    return null;
  }
}

export function rememberPerson(id) {
  remember("person", id);
  try {
    sessionStorage.setItem(`${PREFIX}person`, id);
  } catch {
    // As above.
  }
}
