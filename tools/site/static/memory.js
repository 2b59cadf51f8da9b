// What a reader answered, kept in this browser and sent nowhere: for each question its tries, with
// {at, answer, right}. An answer of null was shown unasked; an open one has no right.
const lanternMemory = (() => {
  const PREFIX = "lantern-answers:";
  const DAY = 86_400_000;
  const DAYS = [1, 3, 7]; // after which a question that was answered wrong is asked again

  // A private window may refuse storage, and a full one takes no more: the page works without.
  const keep = (work) => {
    try {
      return work(localStorage);
    } catch {
      return null;
    }
  };
  const keyOf = (page, id) => `${PREFIX}${page}:${id}`;
  const read = (text) => {
    try {
      const tries = JSON.parse(text);
      return Array.isArray(tries) ? tries.filter((one) => Number.isFinite(one?.at)) : [];
    } catch {
      return [];
    }
  };

  const tries = (page, id) => read(keep((storage) => storage.getItem(keyOf(page, id))));
  // Tell whether it is kept.
  const add = (page, id, one) => {
    const all = JSON.stringify([...tries(page, id), { at: Date.now(), ...one }]);
    // Where storage is refused, what stands in for it lasts as long as the page (page.html).
    const kept = keep((storage) => (storage.setItem(keyOf(page, id), all), storage instanceof Storage)) === true;
    dispatchEvent(new Event("storage")); // as other tabs hear it
    return kept;
  };
  // Take over what an earlier version of this page kept of a question; `rightOf` knows its answers.
  const inherit = (page, id, rightOf) => {
    const key = `lantern-quiz:${page}:${id}`;
    const answer = keep((storage) => storage.getItem(key));
    if (answer === null) return;
    const right = rightOf(answer);
    if (right !== undefined && !tries(page, id).length) add(page, id, { answer, right });
    keep((storage) => storage.removeItem(key));
  };
  const forget = (page, id) => keep((storage) => storage.removeItem(keyOf(page, id)));

  // When a question is due again: null if it never was answered wrong, or three times right since,
  // each on a day on which it was due.
  const due = (tries) => {
    let [step, at] = [0, null];
    for (const one of tries) {
      if (one.right === false) [step, at] = [0, one.at + DAYS[0] * DAY];
      else if (one.right && at !== null && one.at >= at) {
        step += 1;
        at = step < DAYS.length ? one.at + DAYS[step] * DAY : null;
      }
    }
    return at;
  };
  const isDue = (tries) => (due(tries) ?? Infinity) <= Date.now();

  return { keep, tries, add, inherit, forget, due, isDue };
})();
