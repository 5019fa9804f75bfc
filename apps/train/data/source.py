"""What is trained on: which files, how often, and random access to their conversations."""

import hashlib
from collections import Counter

import numpy as np

from spatialgeom.apps.prompts import prompt
from spatialgeom.apps.provenance import fingerprint
from spatialgeom.apps.train.conversation import Conversation, Message
from spatialgeom.apps.train.data.entry import SourceConfig
from spatialgeom.apps.train.data.grouping import cut, shuffle_within
from spatialgeom.apps.train.data.store import Row, Store


class ConversationSource:
    """Conversations of one source by number, the same number of them in every round.

    It is cheap to copy into another process: what it reads stays on disk.

    Args:
        name: Unique among the sources of a run.
        store: The prepared rows.
        config: What was asked for.
        seed: Of the order in which questions share conversations.
        samples: Conversations to be drawn per epoch; None: ``config.repeat`` times all.

    Attributes:
        fingerprint: SHA-256 of what the conversations are made from, without regard to where files lie.
        dropped: Numbers of records that cannot be used, by reason.
        scenes: Source and space of each scene; None if the files do not tell.
        task_names: What the codes of ``tasks`` stand for.
    """

    def __init__(
        self, name: str, store: Store, config: SourceConfig, seed: int = 0, samples: int | None = None
    ) -> None:
        self.name = name
        self.repeat = config.repeat
        self.samples = samples
        note = store.note
        self.dropped: Counter[str] = Counter(note["dropped"])
        self.scenes: dict[str, tuple[str, str]] | None = note["scenes"] and {
            scene: (source, space) for scene, (source, space) in note["scenes"].items()
        }
        self.task_names: tuple[str, ...] = (*note["tasks"],) if note["tasks"] else (name,)
        self.fingerprint = fingerprint(
            {
                "content": note["content"],
                "rows": len(store),
                "dropped": dict(self.dropped),
                "questions": config.questions,
                "name": name,
                "seed": seed,
            }
        )
        self._store = store
        self._questions = config.questions
        self._seed = seed
        sizes = note["group_sizes"].items()
        self._length = (
            len(store)
            if self._questions == 1
            else sum(count * -(-int(size) // self._questions) for size, count in sizes)
        )

    def __len__(self) -> int:
        return self._length

    def conversation(self, round: int, index: int) -> Conversation:
        """Return conversation ``index`` of a round; over a round each row appears once.

        Raises:
            IndexError: There is none of that number.
            InputError: The prepared files are damaged.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"conversation must be 0 to {len(self) - 1} in {self.name}, got {index}")
        rows = [self._store.row(row) for row in self._rows(round, index)]
        first = rows[0]
        return Conversation(
            id=first.id if len(rows) == 1 else f"{first.id}+{len(rows) - 1}",
            task=self.task_names[max(first.task, 0)],
            images=tuple(self._store.image(number) for number in first.images),
            marks=tuple(first.marks),
            messages=tuple(message for k, row in enumerate(rows) for message in self._turns(row, k == 0)),
        )

    def tasks(self, round: int = 0) -> np.ndarray:
        """Return the task of each conversation of a round, (len,) int32, as an index into ``task_names``."""
        codes = np.maximum(self._store.tasks(), 0)
        return codes if self._questions == 1 else codes[self._order(round)[self._starts[:-1]]]

    def _rows(self, round: int, index: int) -> list[int]:
        if self._questions == 1:
            return [index]
        begin, end = self._starts[index : index + 2].tolist()
        return [int(row) for row in self._order(round)[begin:end]]

    @property
    def _starts(self) -> np.ndarray:
        most = self._questions
        return self._store.array(f"starts-{most}.npy", lambda: cut(self._store.starts, most))

    def _order(self, round: int) -> np.ndarray:
        digest = hashlib.sha256(f"{self._seed}/{self.name}/{round}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "big"))
        name = f"round-{digest.hex()[:24]}.npy"
        return self._store.array(name, lambda: shuffle_within(self._store.order, self._store.starts, rng))

    def _turns(self, row: Row, first: bool) -> list[Message]:
        texts = row.texts
        if not self._store.note["prompted"]:
            texts = [prompt(len(row.images), texts[0]) if first and row.images else texts[0], *texts[1:]]
        head = [Message("system", texts[0])] if row.system else []
        rest = texts[len(head) :]
        return head + [Message(("user", "assistant")[k % 2], text) for k, text in enumerate(rest)]


def share_samples(sources: list[ConversationSource], samples: int) -> list[int]:
    """Return each source's part of ``samples``, by length and ``repeat``; they sum to ``samples``."""
    weights = np.array([len(source) * source.repeat for source in sources])
    ends = np.rint(np.cumsum(weights) / weights.sum() * samples).astype(np.int64)
    return [int(count) for count in np.diff(ends, prepend=0)]
