/* What the site adds to Sphinx's search.
 *
 * Sphinx leaves out numbers, finds only pages that have each word of the query, and does not know
 * which words are rare. People paste whole messages, with a traceback and the paths of their
 * machine. So the messages of the index of errors that occur in the query come first; numbers
 * count as words; and if no page has all the words, those come that have most of them.
 */

(() => {
  if (typeof Search === "undefined") return; // every page but the search page

  const ENOUGH = 0.65; // the part of a message that the query must have
  const SHORT = 3; // words
  const MOST_PAGES = 10;
  const ERRORS = "errors";

  const words = (text) => splitQuery(text.toLowerCase());

  /* The words of a text, and its pairs of neighbours: two texts seldom share pairs by chance. */
  const features = (text) => {
    const found = new Set();
    for (const piece of text.split("…")) {
      words(piece).forEach((word, at, all) => {
        found.add(word);
        if (at > 0) found.add(`${all[at - 1]} ${word}`);
      });
    }
    return found;
  };

  /* How much each feature says: a rare one says more. */
  const weigher = (sets) => {
    const counts = new Map();
    for (const set of sets) for (const each of set) counts.set(each, (counts.get(each) ?? 0) + 1);
    return (each) => Math.log(1 + sets.length / (counts.get(each) ?? 1));
  };

  const sum = (found, weight) => [...found].reduce((total, each) => total + weight(each), 0);

  /* Whether a message has the whole query, or each number of a short one: "error 1006". */
  const hasQuery = (has, query) => {
    const asked = words(query);
    const numbers = asked.filter((word) => /^\d+$/.test(word));
    const wanted = numbers.length > 0 && asked.length <= SHORT ? numbers : [...features(query)];
    return wanted.length > 0 && wanted.every((each) => has.has(each));
  };

  /* The messages that are in the query, and those that have the query; the best last. */
  const messages = (query) => {
    const { alltitles, docnames, filenames, titles } = Search._index;
    const page = docnames.indexOf(ERRORS);
    if (page < 0) return [];
    const all = Object.entries(alltitles).flatMap(([title, places]) =>
      places
        .filter(([file, id]) => file === page && id !== null && title !== titles[page])
        .map(([, id]) => ({ title, id, has: features(title) })),
    );
    const weight = weigher(all.map(({ has }) => has));
    const asked = features(query);
    const found = [];
    for (const { title, id, has } of all) {
      const shared = sum(
        [...has].filter((each) => asked.has(each)),
        weight,
      );
      const part = shared / sum(has, weight);
      if (part >= ENOUGH || hasQuery(has, query)) found.push({ title, id, shared, part });
    }
    found.sort((a, b) => a.shared - b.shared || a.part - b.part);
    return found.map(({ title, id, shared }) => [
      docnames[page],
      `${titles[page]} > ${title}`,
      `#${id}`,
      null,
      Math.round(shared),
      filenames[page],
      SearchResultKind.title,
    ]);
  };

  /* The pages that have most of the words; the best last. */
  const likelyPages = (terms) => {
    const { terms: texts, titleterms, docnames, filenames, titles } = Search._index;
    const scores = new Map();
    for (const term of terms) {
      const pages = [texts, titleterms].map((index) =>
        Object.hasOwn(index, term) ? [index[term]].flat() : [],
      );
      const files = pages.flat();
      const weight = Math.log(1 + docnames.length / (new Set(files).size || 1));
      // A word of a heading counts twice, because it is in the text, too.
      for (const file of files) scores.set(file, (scores.get(file) ?? 0) + weight);
    }
    const best = [...scores].sort(([, a], [, b]) => a - b).slice(-MOST_PAGES);
    return best.map(([file, score]) => [
      docnames[file],
      titles[file],
      "",
      null,
      Math.round(score),
      filenames[file],
      SearchResultKind.text,
    ]);
  };

  const parse = Search._parseQuery;
  Search._parseQuery = (query) => {
    const [text, terms, excluded, marked, objects] = parse(query);
    for (const word of words(query)) {
      if (!/^\d+$/.test(word)) continue;
      terms.add(word);
      marked.add(word);
    }
    return [text, terms, excluded, marked, objects];
  };

  const perform = Search._performSearch;
  Search._performSearch = (query, terms, ...rest) => {
    const first = terms.size > 0 ? messages(query) : [];
    const places = new Set(first.map(([page, , place]) => page + place));
    const others = perform(query, terms, ...rest).filter(
      ([page, , place]) => !places.has(page + place),
    );
    return [...(others.length > 0 ? others : likelyPages(terms)), ...first];
  };
})();
