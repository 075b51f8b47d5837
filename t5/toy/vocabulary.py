# SPDX-License-Identifier: Apache-2.0
"""Makes spiece.model: a Unigram vocabulary in which each word of the toy world is one piece, and other English a few.

    dpt pretrain toy-l --print 60000 > texts.txt
    pip install sentencepiece==0.2.3
    python vocabulary.py texts.txt BOOK... > spiece.model

The pieces that the toy world's texts have come first, so that prompts which start as frequent pieces start as these;
the few words that the texts have had since stand where they were, among the books'. The books were Project Gutenberg's
1342, 1661 and 2701 and "Botchan" (8868).
"""
import io
import re
import string
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2

PIECES = 1500


def texts(path):
    """Sources and targets of the stream, and each of their words often enough that it becomes a piece."""
    words = set()
    for line in open(path, encoding="utf-8"):
        source, target = line.rstrip("\n").split("\t")[2:]
        for text in (source, target):
            text = re.sub("<extra_id_[0-9]+>", "", text)
            words.update(re.findall("[A-Za-z]+|[0-9]", text))
            yield text.replace(":", " :")  # no piece for "1:", which would leave "2:" another spelling
    for word in sorted(words):
        yield from [word] * 10000


def book(path):
    """A book's sentences, without Project Gutenberg's header and licence."""
    text = open(path, encoding="utf-8-sig").read()
    text = re.split(r"\*\*\* ?START OF TH.*", text)[-1]
    text = re.split(r"\*\*\* ?END OF TH|End of (the )?Project Gutenberg", text)[0]
    yield from re.split(r"(?<=[.!?]) +", re.sub(r"\s+", " ", text))


def sentences(paths):
    yield from texts(paths[0])
    for path in paths[1:]:
        yield from book(path)


model = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=sentences(sys.argv[1:]), model_writer=model, model_type="unigram", vocab_size=PIECES,
    normalization_rule_name="nmt_nfkc", character_coverage=0.9999, required_chars=string.printable.strip(),
    pad_id=0, eos_id=1, unk_id=2, bos_id=-1, pad_piece="<pad>", eos_piece="</s>", unk_piece="<unk>",
    num_threads=1, input_sentence_size=0, seed_sentencepiece_size=200000,
)
processor = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
seen = set()
for line in open(sys.argv[1], encoding="utf-8"):
    for text in line.rstrip("\n").split("\t")[2:]:
        for part in re.split("<extra_id_[0-9]+>", text):
            seen.update(processor.encode(part))
proto = sentencepiece_model_pb2.ModelProto.FromString(model.getvalue())
pieces = [proto.pieces[i] for i in sorted(range(PIECES), key=lambda i: (i > 2 and i not in seen, i))]
del proto.pieces[:]
proto.pieces.extend(pieces)
sys.stdout.buffer.write(proto.SerializeToString())
