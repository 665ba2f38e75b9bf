"""Make `resources/wordnet.npz` from WordNet 3.0's noun files.

    python packaging/build_wordnet.py /usr/share/wordnet resources/wordnet.npz

The folder is that of Debian's package `wordnet-base`. Kept are the nouns: each lemma with its
synsets in order of sense rank, how often each sense was tagged in WordNet's texts, the hypernyms
(also those of instances: "Paris" is a "national capital") and the lexicographer file; of other
parts of speech only how often they were tagged for the same word. Glosses and other relations are
left out.

File formats: the manual pages wndb(5WN), cntlist(5WN) and lexnames(5WN).
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

_HYPERNYMS = ("@", "@i")
_MOST = 65535


def main(source: Path, target: Path) -> None:
    """Read WordNet's files and write the resource."""
    offsets, lexfiles, above = _read_synsets(source / "data.noun")
    number = {offset: row for row, offset in enumerate(offsets)}
    counts, elsewhere = _read_counts(source / "cntlist.rev")
    lemmas = sorted(_read_lemmas(source / "index.noun"))
    senses = [number[offset] for _, synsets in lemmas for offset in synsets]
    tagged = [
        min(counts.get((lemma, rank), 0), _MOST)
        for lemma, synsets in lemmas
        for rank in range(1, len(synsets) + 1)
    ]
    parents = [[number[offset] for offset in each] for each in above]
    np.savez_compressed(
        target,
        lemmas=np.frombuffer("\n".join(lemma for lemma, _ in lemmas).encode("ascii"), np.uint8),
        sense_ends=np.cumsum([len(synsets) for _, synsets in lemmas], dtype=np.uint32),
        senses=np.array(senses, np.uint32),
        tagged=np.array(tagged, np.uint16),
        elsewhere=np.array([min(elsewhere[lemma], _MOST) for lemma, _ in lemmas], np.uint16),
        parent_ends=np.cumsum([len(each) for each in parents], dtype=np.uint32),
        parents=np.array([row for each in parents for row in each], np.uint32),
        lexfiles=np.array(lexfiles, np.uint8),
    )


def _read_synsets(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    offsets: list[str] = []
    lexfiles: list[int] = []
    above: list[list[str]] = []
    for line in path.read_text("ascii").splitlines():
        if line.startswith("  "):
            continue  # the licence
        fields = line.partition(" | ")[0].split()
        words = int(fields[3], 16)
        pointers = fields[5 + 2 * words :]
        offsets.append(fields[0])
        lexfiles.append(int(fields[1]))
        above.append(
            [pointers[i + 1] for i in range(0, len(pointers) - 3, 4) if pointers[i] in _HYPERNYMS]
        )
    return offsets, lexfiles, above


def _read_lemmas(path: Path) -> list[tuple[str, list[str]]]:
    lemmas = []
    for line in path.read_text("ascii").splitlines():
        if line.startswith("  "):
            continue
        fields = line.split()
        lemmas.append((fields[0].replace("_", " "), fields[-int(fields[2]) :]))
    return lemmas


def _read_counts(path: Path) -> tuple[dict[tuple[str, int], int], Counter[str]]:
    """Return how often nouns were tagged, by lemma and rank, and other words, by lemma."""
    counts: dict[tuple[str, int], int] = {}
    elsewhere: Counter[str] = Counter()
    for line in path.read_text("ascii").splitlines():
        key, rank, count = line.split()
        lemma, _, rest = key.replace("_", " ").partition("%")
        if rest.startswith("1:"):
            counts[(lemma, int(rank))] = int(count)
        else:
            elsewhere[lemma] += int(count)
    return counts, elsewhere


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
