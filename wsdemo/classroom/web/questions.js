// Twenty questions for one who learns alone. The answers stay in this browser.
// One classic script in the page: a page that is opened from disk may not load modules.

(() => {
  const STORED = "wsdemo twenty questions";
  const ROUNDS = ["before", "after"];
  const questions = JSON.parse(document.getElementById("data").textContent);
  const $ = (id) => document.getElementById(id);

  /** Each round is {answers, done}. */
  let rounds = [];

  function load() {
    try {
      rounds = JSON.parse(localStorage.getItem(STORED) ?? "[]");
    } catch {
      rounds = [];
    }
    if (!rounds?.length) rounds = [{ answers: {}, done: false }];
  }

  function keep() {
    try {
      localStorage.setItem(STORED, JSON.stringify(rounds));
      $("lost").hidden = true;
    } catch {
      $("lost").hidden = false;
    }
  }

  /** Append a text in which words between backticks are code; markup in it stays text. */
  function write(element, text) {
    text.split("`").forEach((part, index) => {
      element.append(index % 2 ? make("code", part) : part);
    });
    return element;
  }

  function make(tag, text = "") {
    return Object.assign(document.createElement(tag), { textContent: text });
  }

  function show() {
    const isOver = rounds.length === 2 && rounds[1].done;
    const isBetween = rounds.length === 1 && rounds[0].done;
    $("questions").hidden = isOver || isBetween;
    $("results").hidden = !isOver;
    $("done").hidden = isOver;
    $("done").textContent = isBetween
      ? "I have finished the course: ask me again"
      : "I have answered all of them";
    if (isOver) showResults();
    else if (isBetween) {
      $("state").textContent = "You have answered all of them. Come back after the last lesson.";
    } else showQuestions();
  }

  function showQuestions() {
    const { answers } = rounds.at(-1);
    const tell = () => {
      const when = ROUNDS[rounds.length - 1];
      const count = Object.keys(answers).length;
      $("state").textContent = `${count} of ${questions.length} answered, ${when} the course.`;
      $("done").disabled = count < questions.length;
    };
    $("questions").replaceChildren(
      ...questions.map(({ number, text, options }) => {
        const group = make("fieldset");
        group.append(write(make("legend"), text));
        for (const [letter, words] of Object.entries(options)) {
          const radio = Object.assign(make("input"), {
            type: "radio",
            name: number,
            checked: answers[number] === letter,
          });
          radio.addEventListener("change", () => {
            answers[number] = letter;
            keep();
            tell();
          });
          const label = Object.assign(make("label"), { className: "check" });
          label.append(radio, write(make("span"), words));
          group.append(label);
        }
        const item = make("li");
        item.append(group);
        return item;
      }),
    );
    tell();
  }

  function showResults() {
    const [before, after] = rounds.map(({ answers }) => answers);
    const score = (answers) =>
      questions.filter((each) => answers[each.number] === each.right).length;
    $("state").textContent = "";
    $("score").textContent =
      `Before the course ${score(before)} of ${questions.length} were right, after it ${score(after)}.`;
    $("compared").replaceChildren(
      ...questions.map((question) => {
        const item = make("li");
        item.append(write(make("p"), question.text));
        for (const [when, answers] of [
          ["Before", before],
          ["After", after],
        ]) {
          const letter = answers[question.number];
          const isRight = letter === question.right;
          const line = make("p", `${isRight ? "✓" : "✗"} ${when}: `);
          line.className = isRight ? "mark" : "wrong";
          write(line, question.options[letter]);
          item.append(line);
        }
        const wrong = question.kills[after[question.number]];
        if (wrong) {
          item.append(
            write(make("p", "Right is: "), question.options[question.right]),
            make(
              "p",
              `Your answer says: “${wrong}” Lesson ${question.lesson} shows why it is not so.`,
            ),
          );
        }
        return item;
      }),
    );
  }

  $("done").addEventListener("click", () => {
    const isBetween = rounds.length === 1 && rounds[0].done;
    if (isBetween) rounds.push({ answers: {}, done: false });
    else rounds.at(-1).done = true;
    keep();
    show();
    scrollTo(0, 0);
  });

  $("forget").addEventListener("click", () => {
    if (!confirm("Forget all your answers on this page?")) return;
    rounds = [{ answers: {}, done: false }];
    keep();
    show();
  });

  load();
  show();
})();
