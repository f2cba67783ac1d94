"""Language: a tokenizer learnt from the training texts, an encoder of labels and sentences, a decoder of documents.

The decoder writes the structured JSON of a window. Its frame (braces, keys, quotes) is put in by the grammar; the model
chooses only what stands between, from tokens that cannot break out of a string. So every document is valid, whatever
the weights are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import torch
from torch import nn
from torch.nn import functional as F

from xperience.model.attention import NEVER
from xperience.model.config import ModelConfig

PAD, END, BEGIN = 0, 1, 2
SPECIAL = ("<pad>", "<end>", "<begin>")
LONGEST_TEXT, LONGEST_DOCUMENT, LONGEST_STRING, MOST_OBJECTS = 48, 192, 24, 12

KEYS = ("action", "subtask", "objects", "contact", "transition", "next_action", "evidence_window")
"""Of the document, in order."""

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "action": {"type": "string"},
        "subtask": {"type": "string"},
        "objects": {"type": "array", "items": {"type": "string"}},
        "contact": {"type": ["boolean", "null"]},
        "transition": {"type": "boolean"},
        "next_action": {"type": "string"},
        "evidence_window": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    },
    "required": list(KEYS),
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Tokenizer:
    """Byte-level BPE; any text has tokens. `text` is the library's own JSON, which is all that is saved."""

    text: str

    @classmethod
    def learn(cls, texts: Iterable[str], vocabulary: int) -> Self:
        """From the texts of the training split."""
        from tokenizers import Tokenizer as Library
        from tokenizers import decoders, models, pre_tokenizers, trainers

        library = Library(models.BPE())
        library.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        library.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary, special_tokens=list(SPECIAL), initial_alphabet=sorted(alphabet), show_progress=False
        )
        library.train_from_iterator(sorted(set(texts)), trainer)
        return cls(library.to_str())

    @cached_property
    def _library(self) -> Any:
        from tokenizers import Tokenizer as Library

        return Library.from_str(self.text)

    def __len__(self) -> int:
        return int(self._library.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        found: list[int] = self._library.encode(text, add_special_tokens=False).ids
        return found

    def decode(self, ids: Sequence[int]) -> str:
        text: str = self._library.decode(list(ids), skip_special_tokens=True)
        return text

    @cached_property
    def plain(self) -> list[bool]:
        """By token: it may stand inside a JSON string, being printable ASCII without quote or backslash."""
        out = []
        for number in range(len(self)):
            text = self._library.decode([number], skip_special_tokens=False)
            fine = number > BEGIN and text.isascii() and text.isprintable() and not set(text) & {'"', "\\"}
            out.append(bool(fine and text))
        return out

    def batch(self, texts: Sequence[str], longest: int, device: torch.device) -> torch.Tensor:
        """[n, L] padded ids."""
        rows = [self.encode(text)[:longest] for text in texts]
        return padded(rows, device)


def padded(rows: Sequence[Sequence[int]], device: torch.device) -> torch.Tensor:
    width = max([1, *(len(row) for row in rows)])
    return torch.tensor([[*row, *[PAD] * (width - len(row))] for row in rows], device=device).view(len(rows), width)


class TextLayer(nn.Module):
    """Pre-norm attention and perceptron, optionally causal and reading a memory."""

    def __init__(self, width: int, memory: int | None = None) -> None:
        super().__init__()
        self.heads = max(1, width // 32) if width < 512 else width // 64
        self.norm, self.all = nn.RMSNorm(width), nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.norm2 = nn.RMSNorm(width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.memory = memory
        if memory is not None:
            self.norm3, self.query = nn.RMSNorm(width), nn.Linear(width, width, bias=False)
            self.read, self.out3 = nn.Linear(memory, 2 * width, bias=False), nn.Linear(width, width, bias=False)

    def forward(
        self,
        x: torch.Tensor,
        bias: torch.Tensor,
        memory: torch.Tensor | None = None,
        hidden: torch.Tensor | None = None,
        past: list[torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """x [n, L, E]; past: keys and values of the tokens before, in whose place those of all tokens are put."""
        q, k, v = self.all(self.norm(x)).chunk(3, -1)
        if past is not None:
            k, v = (torch.cat(both, 1) for both in zip(past, (k, v), strict=True)) if past else (k, v)
            past[:] = [k, v]
        x = x + self.out(_attend(q, k, v, bias, self.heads))
        if self.memory is not None:
            assert memory is not None and hidden is not None
            k, v = self.read(memory).chunk(2, -1)
            x = x + self.out3(_attend(self.query(self.norm3(x)), k, v, hidden, self.heads))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


def _attend(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, bias: torch.Tensor, heads: int) -> torch.Tensor:
    q, k, v = (t.unflatten(-1, (heads, -1)).transpose(1, 2) for t in (q, k, v))
    weight = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + bias).softmax(-1).to(v.dtype)
    return (weight @ v).transpose(1, 2).flatten(2)


class TextEncoder(nn.Module):
    """Texts to vectors: mean of the tokens after a few layers."""

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        self.banks: dict[tuple[tuple[str, ...], torch.device], torch.Tensor] = {}
        self.table = nn.Embedding(config.vocabulary, config.text_width)
        self.order = nn.Parameter(torch.randn(LONGEST_TEXT, config.text_width) * 0.02)
        self.layers = nn.ModuleList(TextLayer(config.text_width) for _ in range(config.text_layers))
        self.out = nn.Linear(config.text_width, config.text_width)

    def reset_parameters(self) -> None:
        nn.init.normal_(self.order, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """[n, E] of ids [n, L]."""
        x = self.table(ids) + 0.1 * self.order[: ids.shape[1]]
        there = ids != PAD
        bias = torch.zeros(there.shape, device=x.device).masked_fill_(~there, NEVER)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias)
        mean = (x * there[..., None]).sum(1) / there.sum(1, keepdim=True).clamp(min=1)
        found: torch.Tensor = self.out(mean)
        return found

    def embed(self, texts: Sequence[str]) -> torch.Tensor:
        """[n, E] of texts, cut at `LONGEST_TEXT` tokens; equal texts are embedded once."""
        distinct = {text: k for k, text in enumerate(dict.fromkeys(texts))}
        ids = self.tokenizer.batch(list(distinct), LONGEST_TEXT, self.order.device)
        return self(ids)[[distinct[text] for text in texts]]

    def bank(self, texts: tuple[str, ...]) -> torch.Tensor:
        """[n, E] of texts that are asked for again and again; their tokens are kept."""
        device = self.order.device
        if (texts, device) not in self.banks:
            with torch.inference_mode(False):  # whoever comes first, training may follow
                self.banks[texts, device] = self.tokenizer.batch(texts, LONGEST_TEXT, device)
        found: torch.Tensor = self(self.banks[texts, device])
        return found


class Writer(nn.Module):
    """The decoder of documents, causal over its own tokens, reading the trunk's."""

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer) -> None:
        super().__init__()
        self.tokenizer = tokenizer
        width = config.text_width
        self.table = nn.Embedding(config.vocabulary, width)
        self.order = nn.Parameter(torch.randn(LONGEST_DOCUMENT, width) * 0.02)
        self.layers = nn.ModuleList(TextLayer(width, config.width) for _ in range(config.writer_layers))
        self.norm = nn.RMSNorm(width)

    def reset_parameters(self) -> None:
        nn.init.normal_(self.order, std=0.02)
        nn.init.normal_(self.table.weight, std=0.02)  # logits are products with it: the loss begins near log V

    def forward(self, ids: torch.Tensor, memory: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        """Logits [n, L, V] of what follows each of ids [n, L]; memory [n, M, D], known [n, M]."""
        L = ids.shape[1]
        x = self.table(ids) + self.order[:L]
        causal = torch.ones(L, L, dtype=torch.bool, device=x.device).tril()
        bias = torch.zeros(L, L, device=x.device).masked_fill_(~causal, NEVER)
        hidden = torch.zeros(known.shape, device=x.device).masked_fill_(~known, NEVER)[:, None, None]
        for layer in self.layers:
            x = layer(x, bias, memory, hidden)
        found: torch.Tensor = self.norm(x) @ self.table.weight.T
        return found

    def loss(
        self, memory: torch.Tensor, known: torch.Tensor, documents: Sequence[Mapping[str, Any]]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Sum of the cross-entropies of the chosen tokens, and their number; empty documents count nothing."""
        rows, asked = [], []
        for document in documents:
            ids, chosen = self._script(document) if document else ([BEGIN], [False])
            rows.append(ids[: LONGEST_DOCUMENT - 1])
            asked.append(chosen[: LONGEST_DOCUMENT - 1])
        ids = padded(rows, memory.device)
        wanted = padded([[int(c) for c in row] for row in asked], memory.device).bool()
        logits = self(ids[:, :-1], memory, known) if ids.shape[1] > 1 else self(ids, memory, known)[:, :0]
        loss = F.cross_entropy(logits.flatten(0, 1).float(), ids[:, 1:].flatten(), reduction="none").view(
            ids[:, 1:].shape
        )
        counted = wanted[:, 1:]
        return (loss * counted).sum() + 0 * logits.sum(), counted.sum().float()

    def _script(self, document: Mapping[str, Any]) -> tuple[list[int], list[bool]]:
        """Tokens of a document as the grammar writes it, and which of them the model chooses."""
        ids, chosen = [BEGIN], [False]

        def put(text: str, choose: bool) -> None:
            found = self.tokenizer.encode(text)[: LONGEST_STRING - 1 if choose else None]
            ids.extend(found)
            chosen.extend([choose] * len(found))

        def string(text: str) -> None:
            put(_plain(text), True)
            ids.append(END)
            chosen.append(True)

        for key in KEYS:
            put(f'"{key}":', False)
            value = document[key]
            if key == "objects":
                for name in list(value)[:MOST_OBJECTS]:
                    string(name)
                ids.append(END)
                chosen.append(True)
            elif key in ("contact", "transition"):
                put(json.dumps(value), True)
            elif key == "evidence_window":
                for number in value:
                    put(_tenth(number), True)
            else:
                string(value)
        return ids, chosen

    @torch.inference_mode()
    def write(self, memory: torch.Tensor, known: torch.Tensor, seconds: float = 1.0) -> list[str]:
        """A document for each row of memory [n, M, D]: greedy within the grammar, JSON text."""
        return [self._write(memory[k : k + 1], known[k : k + 1], seconds) for k in range(len(memory))]

    def _write(self, memory: torch.Tensor, known: torch.Tensor, seconds: float) -> str:
        ids = [BEGIN]
        device = memory.device
        plain = torch.tensor(
            [*self.tokenizer.plain, *[False] * (self.table.num_embeddings - len(self.tokenizer))], device=device
        )
        draft = Draft(self, memory, known)

        def logits() -> torch.Tensor:
            return draft.after(ids)

        def string(may_end: bool = True) -> str:
            out: list[int] = []
            while len(out) < LONGEST_STRING:
                score = logits().masked_fill(~plain, NEVER)
                if may_end or out:
                    score[END] = logits()[END]
                best = int(score.argmax())
                ids.append(best)
                if best == END:
                    break
                out.append(best)
            return self.tokenizer.decode(out)

        def choice(options: Sequence[str]) -> str:
            """Token by token the best of those that go on to some option."""
            tokens = [self.tokenizer.encode(option) for option in options]
            left, place = list(range(len(options))), 0
            while len(left) > 1:
                score = logits()
                nexts = sorted({tokens[k][place] for k in left if len(tokens[k]) > place})
                if not nexts:
                    break
                best = max(nexts, key=lambda token: float(score[token]))
                ids.append(best)
                left = [k for k in left if len(tokens[k]) > place and tokens[k][place] == best]
                place += 1
            ids.extend(tokens[left[0]][place:])
            return options[left[0]]

        document: dict[str, Any] = {}
        for key in KEYS:
            ids.extend(self.tokenizer.encode(f'"{key}":'))
            if key == "objects":
                names: list[str] = []
                while len(names) < MOST_OBJECTS:
                    name = string()
                    if not name:
                        break
                    names.append(name)
                document[key] = list(dict.fromkeys(names))
            elif key == "contact":
                value = choice(["true", "false", "null"])
                document[key] = json.loads(value)
            elif key == "transition":
                document[key] = choice(["true", "false"]) == "true"
            elif key == "evidence_window":
                steps = [_tenth(k / 10) for k in range(max(2, round(seconds * 10) + 1))]
                first, last = (self._nearest(choice, steps) for _ in range(2))
                document[key] = sorted([first, last])
            else:
                document[key] = string()
        return json.dumps(document, ensure_ascii=False)

    def _nearest(self, choice: Any, steps: Sequence[str]) -> float:
        return float(choice(steps).strip())


class Draft:
    """A document under way: what follows its tokens, each of which is read once."""

    def __init__(self, writer: Writer, memory: torch.Tensor, known: torch.Tensor) -> None:
        self.writer, self.memory = writer, memory
        self.hidden = torch.zeros(known.shape, device=known.device).masked_fill_(~known, NEVER)[:, None, None]
        self.past: list[list[torch.Tensor]] = [[] for _ in writer.layers]
        self.read = 0
        self.row = torch.zeros(0)

    def after(self, ids: list[int]) -> torch.Tensor:
        """Scores [V] of what follows ids, which go on from those of the call before."""
        fresh = torch.tensor([ids[self.read :]], device=self.memory.device)
        count = fresh.shape[1]
        if count:
            place = torch.arange(self.read, self.read + count, device=fresh.device)
            x = self.writer.table(fresh) + self.writer.order[place.clamp(max=LONGEST_DOCUMENT - 1)]
            ahead = torch.arange(self.read + count, device=fresh.device) > place[:, None]
            bias = torch.zeros(ahead.shape, device=fresh.device).masked_fill_(ahead, NEVER)
            for layer, past in zip(self.writer.layers, self.past, strict=True):
                x = layer(x, bias, self.memory, self.hidden, past)
            row = (self.writer.norm(x[:, -1]) @ self.writer.table.weight.T)[0].float()
            self.row = torch.nan_to_num(row, nan=NEVER, posinf=-NEVER, neginf=NEVER)
            self.read += count
        return self.row


def _plain(text: str) -> str:
    """What may stand in a string of ours: printable ASCII without quotes and backslashes."""
    return "".join(c for c in text if c.isascii() and c.isprintable() and c not in '"\\')


def _tenth(number: float) -> str:
    return f" {number:.1f}"
