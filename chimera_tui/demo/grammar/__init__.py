"""How the demo finds its words: a small grammar, fed by the persona and by what was said.

`scene` reads the request, `nouns` finds the words worth picking up, `voices`
knows how each kind of character talks and `composer` makes a turn of it. The
words themselves are data: `voices/*.toml`, `trades.toml`, `common.toml`.

A template is one line. `<this|that>` is a choice, `{slot}` is filled in, `¶`
breaks the line. The slots:

- `{f}` the word picked up from what was said, `{t}` the topic, `{u}` a second
  word of the topic or of the talk; each with `.a` (a joke, knowledge), `.the`, `.s` (plural).
- `{prev}` and `{ref}`: the last speaker, spoken to and spoken of; `{voc}` and
  `{other}`: somebody else; `{old}` and `{oldref}`: a word from earlier, and who said it.
- `{q}` some words of the last message; `{topic}`, and `{ask}` if it is a question.
- `{thing}`, `{someone}`, `{place}`, `{mishap}`, `{act}`, `{saying}`:
  from the trade of the persona; `{field}` from its expertise.
- `{n}`, `{m}`, `{pct}`, `{year}`: figures.

A template whose slots cannot be filled is passed over.
"""
